import { timingSafeEqual } from 'node:crypto'
import { and, eq } from 'drizzle-orm'
import { requirePermission, type Caller } from '../core/caller.ts'
import { AppError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import type { Permission } from '../core/roles.ts'
import type { Db } from '../db/connection.ts'
import { apiKeys, principals, projects } from '../db/schema/schema.ts'
import { parseApiKey } from './api-key.ts'
import { callerColumns, callerOfPrincipal, isGood, narrowedTo, toCaller } from './callers.ts'
import { noteUse, useIsOld } from './last-used.ts'
import { signIn } from './sign-in.ts'
import type { TokenVerifier } from './tokens.ts'

/** What it takes to know who asks. */
export interface AccessContext {
  readonly db: Db
  readonly log: Log
  readonly tokens: TokenVerifier
}

/**
 * Who sends a request with this `Authorization` header: `Bearer evp_…` is an API key; anything else is a token, where there
 * are issuers of such.
 * @param wantedProject the project that it is meant for, for those who are members of several
 * @throws AppError UNAUTHENTICATED: the same answer for a key that never was, and for one that was revoked or has expired;
 * FORBIDDEN for a project that is not the caller's; what `verify` and `signIn` throw for tokens
 */
export async function authenticate(
  access: AccessContext,
  authorization: string | null | undefined,
  wantedProject?: string | null,
): Promise<Caller> {
  const project = wantedProject || undefined
  if (!authorization) {
    const what = access.tokens.takesTokens ? 'An API key or a token is needed.' : 'An API key is needed.'
    throw new AppError('UNAUTHENTICATED', what, {
      hint: 'Send it as "Authorization: Bearer evp_…". The first start of the server made one: admin.key in its data folder.',
    })
  }
  const [, text] = /^Bearer +(\S+)$/i.exec(authorization) ?? []
  if (text === undefined) throw refused()
  if (!text.startsWith('evp_') && access.tokens.takesTokens) {
    return signIn(access, await access.tokens.verify(text), project)
  }
  const caller = await callerOfKey(access, text)
  if (project === undefined || project === caller.projectName) return caller
  throw new AppError('FORBIDDEN', `This API key acts in the project ${caller.projectName} alone.`, {
    hint: 'Leave the header X-Evalport-Project (or EVALPORT_PROJECT) away, or use a key of the project that you mean.',
  })
}

/**
 * For whoever was let in some time ago: over a socket, to a subscription, or to a change that waited for its turn. A member
 * keeps to what its token told, though another token of the same subject tells more by now.
 * @throws AppError UNAUTHENTICATED when the caller is no longer good, or its token has ended
 */
export async function authenticateAgain(db: Db, caller: Caller): Promise<Caller> {
  const again = await callerOfPrincipal(db, caller.principalId)
  if (caller.kind === 'key') {
    if (!again) throw refused()
    return again
  }
  const ended = caller.expiresAt !== null && Date.parse(caller.expiresAt) <= Date.now()
  if (!again || ended) {
    const why = again ? 'Your token has expired.' : 'You are not a member of this project any more.'
    throw new AppError('UNAUTHENTICATED', why, {
      hint: again ? 'Come again with a new one.' : 'Ask an admin of the project.',
    })
  }
  return { ...narrowedTo(caller, again), expiresAt: caller.expiresAt }
}

/**
 * The same for something that goes on for long and takes a permission.
 * @throws AppError FORBIDDEN, or what `authenticateAgain` throws
 */
export async function requireStill(db: Db, caller: Caller, permission: Permission): Promise<Caller> {
  const now = await authenticateAgain(db, caller)
  requirePermission(now, permission)
  return now
}

async function callerOfKey({ db, log }: AccessContext, text: string): Promise<Caller> {
  const key = parseApiKey(text)
  if (!key) throw refused()
  const [row] = await db
    .select({ ...callerColumns, secretSha256: apiKeys.secretSha256, useIsOld })
    .from(apiKeys)
    .innerJoin(principals, eq(principals.id, apiKeys.id))
    .innerJoin(projects, eq(projects.id, principals.projectId))
    .where(and(eq(apiKeys.prefix, key.prefix), isGood))
  if (!row || !timingSafeEqual(row.secretSha256, key.secretSha256)) throw refused()
  const { secretSha256: _, useIsOld: old, ...found } = row
  if (old) noteUse(db, log, found.principalId)
  return toCaller(found)
}

function refused(): AppError {
  return new AppError(
    'UNAUTHENTICATED',
    'This API key is not valid: mistyped, unknown, revoked or expired.',
    {
      hint: 'Check the key, or make a new one: evalport key create.',
    },
  )
}
