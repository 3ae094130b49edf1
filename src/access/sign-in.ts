import { and, eq } from 'drizzle-orm'
import type { Caller } from '../core/caller.ts'
import { AppError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import type { Role } from '../core/roles.ts'
import { uuidv7 } from '../core/uuid.ts'
import type { Db } from '../db/connection.ts'
import { members, principals, projects } from '../db/schema/schema.ts'
import { callerColumns, toCaller } from './callers.ts'
import { nameTold, projectsTold, roleTold } from './claims.ts'
import { noteUse, useIsOld } from './last-used.ts'
import { tellOfPrincipal } from './principal-news.ts'
import { lockPrincipals } from './principals-lock.ts'
import type { VerifiedToken } from './tokens.ts'

/**
 * Who brings a token, in the project it is for: the one its issuer says, or else the only one that the subject is a
 * member of. At first sight a member is made of a subject whose claims tell a role.
 * @param wanted the project that the client names, where there are several
 * @throws AppError FORBIDDEN without a role, or for a project that is not among the subject's; INVALID_INPUT when there
 * are several and none is named
 */
export async function signIn(
  { db, log }: { readonly db: Db; readonly log: Log },
  token: VerifiedToken,
  wanted: string | undefined,
): Promise<Caller> {
  const role = roleTold(token.settings, token.claims)
  const told = projectsTold(token.settings, token.claims)
  const rows = await selectMembers(db).where(isSubject(token))
  const open = [
    ...rows.filter((row) => isOpen(row, role, told)).map((row) => row.projectName),
    ...(role ? told.filter((name) => !rows.some((row) => row.projectName === name)) : []),
  ]
  const project = chooseProject(token, open, told, wanted)
  const row = rows.find((each) => each.projectName === project)
  const name = nameTold(token.settings, token.claims, token.subject)
  if (row && (row.roleSource === 'assigned' || (row.role === role && row.name === name))) {
    if (row.useIsOld) noteUse(db, log, row.principalId)
    return withEnd(row, token)
  }
  return db.transaction(async (tx) => withEnd(await settle(tx, token, { project, role: role!, name }), token))
}

/** Writes down what the claims tell, unless somebody has assigned or removed a role meanwhile. */
async function settle(
  tx: Db,
  token: VerifiedToken,
  told: { project: string; role: Role; name: string },
): Promise<MemberRow> {
  await lockPrincipals(tx)
  const find = async () =>
    (await selectMembers(tx).where(and(isSubject(token), eq(projects.name, told.project))))[0]
  const row = await find()
  if (row?.revokedAt) throw noRole(token)
  if (row?.roleSource === 'assigned') return row
  const { role, name } = told
  if (row) {
    await tx.update(principals).set({ role, name }).where(eq(principals.id, row.principalId))
    if (row.role !== role) await tellOfPrincipal(tx, row.principalId)
  } else {
    const [project] = await tx.select().from(projects).where(eq(projects.name, told.project))
    if (!project) {
      const message = `The token is for the project ${JSON.stringify(told.project)}, which does not exist.`
      throw new AppError('FORBIDDEN', message, { hint: `An operator makes it: evalport project create.` })
    }
    const id = uuidv7()
    await tx.insert(principals).values({ id, projectId: project.id, kind: 'member', name, role })
    await tx.insert(members).values({
      id,
      projectId: project.id,
      issuer: token.settings.issuer,
      subject: token.subject,
      roleSource: 'claims',
    })
  }
  return (await find())!
}

function selectMembers(db: Db) {
  return db
    .select({ ...callerColumns, roleSource: members.roleSource, revokedAt: principals.revokedAt, useIsOld })
    .from(members)
    .innerJoin(principals, eq(principals.id, members.id))
    .innerJoin(projects, eq(projects.id, members.projectId))
    .$dynamic()
}

type MemberRow = Awaited<ReturnType<typeof selectMembers>>[number]

const isSubject = (token: VerifiedToken) =>
  and(eq(members.issuer, token.settings.issuer), eq(members.subject, token.subject))

/** A role that claims tell holds only where the issuer says that it does. */
function isOpen(row: MemberRow, role: Role | undefined, told: readonly string[]): boolean {
  if (row.revokedAt !== null) return false
  return row.roleSource === 'assigned' || (role !== undefined && told.includes(row.projectName))
}

function chooseProject(
  token: VerifiedToken,
  open: readonly string[],
  told: readonly string[],
  wanted: string | undefined,
): string {
  if (open.length === 0) throw noRole(token)
  const yours = `Yours: ${open.join(', ')}.`
  if (wanted !== undefined) {
    if (open.includes(wanted)) return wanted
    throw new AppError('FORBIDDEN', 'The project that was named is not among yours.', { hint: yours })
  }
  const first = told.filter((name) => open.includes(name))
  const [only, ...others] = first.length > 0 ? first : open
  if (others.length === 0) return only!
  throw new AppError('INVALID_INPUT', 'You are a member of several projects; say which one.', {
    hint: `Send the header X-Evalport-Project, or set EVALPORT_PROJECT. ${yours}`,
  })
}

function noRole({ subject, settings }: VerifiedToken): AppError {
  const who = `The subject ${JSON.stringify(subject)} of ${settings.issuer}`
  return new AppError('FORBIDDEN', `${who} has no role here.`, {
    hint: `An admin of a project gives it one: evalport project assign ${JSON.stringify(subject)} --issuer ${settings.issuer} --role reader`,
  })
}

const withEnd = (row: MemberRow, token: VerifiedToken): Caller => {
  const { roleSource: _source, revokedAt: _revoked, useIsOld: _old, ...caller } = row
  return { ...toCaller(caller), expiresAt: token.expiresAt }
}
