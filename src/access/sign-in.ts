import { eq, sql } from 'drizzle-orm'
import type { Caller } from '../core/caller.ts'
import { AppError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import type { Role } from '../core/roles.ts'
import { uuidv7 } from '../core/uuid.ts'
import type { Db } from '../db/connection.ts'
import { members, principals, projects } from '../db/schema/schema.ts'
import { narrowedTo, permissionsOf, toCaller } from './callers.ts'
import { noteUse } from './last-used.ts'
import { judgeToken } from './judge-token.ts'
import { isWritten, membersOf, whatIsTold, type MemberRow, type Told } from './member-rows.ts'
import { tellOfPrincipal } from './principal-news.ts'
import { lockPrincipals } from './principals-lock.ts'
import type { VerifiedToken } from './tokens.ts'

/**
 * Who brings a token, in the project it is for: the one its issuer says, or else the only one that the subject is a
 * member of. At first sight a member is made of a subject whose claims tell a role. The newest token decides what a member
 * is by its claims; nobody becomes more than their own token tells.
 * @param wanted the project that the client names, where there are several
 * @throws AppError FORBIDDEN without a role, or for a project that is not among the subject's; INVALID_INPUT when there
 * are several and none is named
 */
export async function signIn(
  { db, log }: { readonly db: Db; readonly log: Log },
  token: VerifiedToken,
  wanted: string | undefined,
): Promise<Caller> {
  const told = whatIsTold(token)
  const { withdrawn, project, row } = judgeToken(await membersOf(db, token), token, told, wanted)
  if (withdrawn.length === 0) {
    if (project instanceof AppError) throw project
    if (row && isWritten(row, told)) {
      if (row.useIsOld) noteUse(db, log, row.principalId)
      return callerOfRow(row, token, told)
    }
  }
  // A refusal is no reason to forget what the token withdraws, so it is thrown only when that is written.
  const outcome = await db.transaction((tx) => settle(tx, token, told, wanted))
  if (outcome instanceof AppError) throw outcome
  return callerOfRow(outcome, token, told)
}

/** Writes down what the claims tell, by what somebody may have decided meanwhile. */
async function settle(
  tx: Db,
  token: VerifiedToken,
  told: Told,
  wanted: string | undefined,
): Promise<MemberRow | AppError> {
  await lockPrincipals(tx)
  const { withdrawn, project, row } = judgeToken(await membersOf(tx, token), token, told, wanted)
  for (const each of withdrawn) {
    await change(tx, each, { revokedAt: sql`coalesce(${principals.revokedAt}, clock_timestamp())` }, told)
  }
  if (project instanceof AppError) return project
  if (row && isWritten(row, told)) return row
  if (row) await change(tx, row, { role: told.role!, name: told.name, revokedAt: null }, told)
  else {
    const refusal = await makeMember(tx, token, { ...told, role: told.role! }, project)
    if (refusal) return refusal
  }
  return (await membersOf(tx, token)).find((each) => each.projectName === project)!
}

/** Changes a membership as the newest token tells. */
async function change(
  tx: Db,
  row: MemberRow,
  to: { revokedAt: ReturnType<typeof sql> } | { role: Role; name: string; revokedAt: null },
  told: Told,
): Promise<void> {
  const withdrawn = to.revokedAt !== null
  await tx.update(principals).set(to).where(eq(principals.id, row.principalId))
  const times = told.at === undefined ? {} : { toldAt: timeOf(told.at) }
  await tx
    .update(members)
    .set({ withdrawn, ...times })
    .where(eq(members.id, row.principalId))
  const isSame = withdrawn === (row.revokedAt !== null) && (!('role' in to) || to.role === row.role)
  if (!isSame) await tellOfPrincipal(tx, row.principalId)
}

async function makeMember(
  tx: Db,
  { settings, subject }: VerifiedToken,
  { role, name, at }: Told & { readonly role: Role },
  projectName: string,
): Promise<AppError | undefined> {
  const [project] = await tx.select().from(projects).where(eq(projects.name, projectName))
  if (!project) {
    const message = `The token is for the project ${JSON.stringify(projectName)}, which does not exist.`
    return new AppError('FORBIDDEN', message, { hint: `An operator makes it: evalport project create.` })
  }
  const id = uuidv7()
  await tx.insert(principals).values({ id, projectId: project.id, kind: 'member', name, role })
  await tx.insert(members).values({
    id,
    projectId: project.id,
    issuer: settings.issuer,
    subject,
    roleSource: 'claims',
    toldAt: at === undefined ? null : timeOf(at),
  })
  return undefined
}

const timeOf = (seconds: number): string => new Date(seconds * 1000).toISOString()

/** As the row has it, but no more than this token tells: another one may have told it more. */
function callerOfRow(row: MemberRow, token: VerifiedToken, { role }: Told): Caller {
  const {
    roleSource,
    toldAt: _told,
    withdrawn: _withdrawn,
    revokedAt: _revoked,
    useIsOld: _old,
    ...columns
  } = row
  const caller = { ...toCaller(columns), expiresAt: token.expiresAt }
  if (roleSource === 'assigned') return caller
  return narrowedTo({ role: role!, permissions: permissionsOf(role!, null) }, caller)
}
