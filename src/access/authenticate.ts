import { timingSafeEqual } from 'node:crypto'
import { and, eq, isNull } from 'drizzle-orm'
import type { Caller } from '../core/caller.ts'
import { AppError } from '../core/errors.ts'
import type { Db } from '../db/connection.ts'
import { apiKeys, projects } from '../db/schema/schema.ts'
import { parseApiKey } from './api-key.ts'

const callerColumns = {
  keyId: apiKeys.id,
  keyName: apiKeys.name,
  role: apiKeys.role,
  projectId: apiKeys.projectId,
  projectName: projects.name,
}

/**
 * Who sends this `Authorization` header.
 * @throws AppError UNAUTHENTICATED; the same answer for a key that never was and for one that was revoked
 */
export async function authenticate(db: Db, authorization: string | null | undefined): Promise<Caller> {
  if (!authorization) {
    throw new AppError('UNAUTHENTICATED', 'An API key is needed.', {
      hint: 'Send it as "Authorization: Bearer evp_…". The first start of the server made one: admin.key in its data folder.',
    })
  }
  const [, text] = /^Bearer +(\S+)$/i.exec(authorization) ?? []
  const key = text === undefined ? undefined : parseApiKey(text)
  if (!key) throw refused()
  const [row] = await db
    .select({ ...callerColumns, secretSha256: apiKeys.secretSha256 })
    .from(apiKeys)
    .innerJoin(projects, eq(projects.id, apiKeys.projectId))
    .where(and(eq(apiKeys.prefix, key.prefix), isNull(apiKeys.revokedAt)))
  if (!row || !timingSafeEqual(row.secretSha256, key.secretSha256)) throw refused()
  const { secretSha256: _, ...caller } = row
  return caller
}

/**
 * For whoever was let in some time ago: over a socket, or to a subscription.
 * @throws AppError UNAUTHENTICATED when the caller's key has been revoked since
 */
export async function authenticateAgain(db: Db, caller: Caller): Promise<Caller> {
  const again = await callerOfKey(db, caller.keyId)
  if (!again) throw refused()
  return again
}

function refused(): AppError {
  return new AppError('UNAUTHENTICATED', 'This API key is not valid: mistyped, unknown or revoked.', {
    hint: 'Check the key, or make a new one: evalport key create.',
  })
}

/** The caller of a key that is still good. */
export async function callerOfKey(db: Db, keyId: string): Promise<Caller | undefined> {
  const [caller] = await db
    .select(callerColumns)
    .from(apiKeys)
    .innerJoin(projects, eq(projects.id, apiKeys.projectId))
    .where(and(eq(apiKeys.id, keyId), isNull(apiKeys.revokedAt)))
  return caller
}
