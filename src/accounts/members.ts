import { and, asc, eq, sql } from 'drizzle-orm'
import { tellOfPrincipal } from '../access/principal-news.ts'
import { isIssuer } from '../access/issuer-settings.ts'
import { requirePermission, type Caller } from '../core/caller.ts'
import { AppError, invalidInput, type Problem } from '../core/errors.ts'
import type { Role } from '../core/roles.ts'
import { canonicalTime } from '../core/time.ts'
import { uuidv7 } from '../core/uuid.ts'
import type { Db } from '../db/connection.ts'
import { members, principals, projects } from '../db/schema/schema.ts'
import { isWithin, managedProject, requireOwn, requireOwnEnd } from './authority.ts'
import { checkProjectName, checkRole, checkText } from './check-input.ts'
import { manage } from './manage.ts'

/** Somebody whom an identity provider knows, and who has, or had, a role in a project. */
export interface Member {
  readonly id: string
  readonly name: string
  readonly project: string
  readonly issuer: string
  readonly subject: string
  readonly role: Role
  /** Whether somebody gave it the role here, or claims of its token told it. */
  readonly roleSource: 'assigned' | 'claims'
  readonly createdAt: string
  readonly lastUsedAt: string | null
  /** Since when it may not come in, until it is given a role again. */
  readonly removedAt: string | null
}

/** Whom an identity provider means, and in which project; undefined: the caller's own. */
export interface MemberName {
  readonly project?: string | undefined
  /** As its tokens say it. */
  readonly issuer: string
  readonly subject: string
}

/** The members of a project, removed ones too, oldest first. @throws AppError FORBIDDEN, INVALID_INPUT or NOT_FOUND */
export async function listMembers(db: Db, caller: Caller, project?: string): Promise<readonly Member[]> {
  requirePermission(caller, 'members:manage')
  const problems: Problem[] = []
  checkProjectName(project, 'project', problems)
  if (problems.length > 0) throw invalidInput(problems)
  const { id } = await managedProject(db, caller, project)
  const rows = await selectMembers(db).where(eq(members.projectId, id)).orderBy(asc(members.id))
  return rows.map(toMember)
}

/**
 * Gives somebody a role in a project, instead of any other; it holds at once, whatever claims tell.
 * @throws AppError INVALID_INPUT naming every problem; FORBIDDEN for more than the caller has, also when the member had
 * more until now, or for a key that ends, unless the member has that much already; NOT_FOUND for a project that operators look for in vain
 */
export async function assignRole(
  db: Db,
  caller: Caller,
  wanted: MemberName & { readonly role: string; readonly name?: string | undefined },
): Promise<Member> {
  return manage(db, caller, 'members:manage', async (tx, current) => {
    const problems: Problem[] = []
    const role = checkRole(wanted.role, problems)
    if (wanted.name !== undefined) checkText('The name of a member', wanted.name, 100, 'name', problems)
    checkMember(wanted, problems)
    if (problems.length > 0 || !role) throw invalidInput(problems)
    const project = await managedProject(tx, current, wanted.project)
    requireOwn(current, { role, scopes: null }, `make somebody ${role}`)
    const found = await findMember(tx, project.id, wanted)
    const isMember = found !== undefined && found.principal.revokedAt === null
    if (isMember) requireOwn(current, found.principal, 'touch this member')
    const lasts = isMember && found.member.roleSource === 'assigned'
    if (!lasts || !isWithin({ role, scopes: null }, found.principal))
      requireOwnEnd(current, null, `make somebody ${role}`)
    const id = found?.principal.id ?? uuidv7()
    const name = wanted.name ?? found?.principal.name ?? wanted.subject.slice(0, 100)
    const kept = { name, role, revokedAt: null }
    if (found) {
      await tx.update(principals).set(kept).where(eq(principals.id, id))
      await tx.update(members).set({ roleSource: 'assigned', withdrawn: false }).where(eq(members.id, id))
    } else {
      await tx.insert(principals).values({ ...kept, id, projectId: project.id, kind: 'member' })
      const { issuer, subject } = wanted
      await tx.insert(members).values({ id, projectId: project.id, issuer, subject, roleSource: 'assigned' })
    }
    await tellOfPrincipal(tx, id)
    return toMember((await findMember(tx, project.id, wanted))!)
  })
}

/**
 * Ends somebody's membership at once, and whatever claims tell, until a role is assigned again. Ending it again changes
 * nothing.
 * @throws AppError INVALID_INPUT, FORBIDDEN, or NOT_FOUND for somebody who is no member
 */
export async function removeRole(db: Db, caller: Caller, wanted: MemberName): Promise<Member> {
  return manage(db, caller, 'members:manage', async (tx, current) => {
    const problems: Problem[] = []
    checkMember(wanted, problems)
    if (problems.length > 0) throw invalidInput(problems)
    const project = await managedProject(tx, current, wanted.project)
    const found = await findMember(tx, project.id, wanted)
    if (!found) {
      const who = `${JSON.stringify(wanted.subject)} of ${wanted.issuer}`
      throw new AppError('NOT_FOUND', `${who} is no member of the project ${project.name}.`, {
        hint: 'See them all: evalport project members.',
      })
    }
    if (found.principal.revokedAt !== null && !found.member.withdrawn) return toMember(found)
    requireOwn(current, found.principal, 'touch this member')
    await tx
      .update(principals)
      .set({ revokedAt: sql`coalesce(${principals.revokedAt}, clock_timestamp())` })
      .where(eq(principals.id, found.principal.id))
    await tx.update(members).set({ withdrawn: false }).where(eq(members.id, found.principal.id))
    await tellOfPrincipal(tx, found.principal.id)
    return toMember((await findMember(tx, project.id, wanted))!)
  })
}

function checkMember({ project, issuer, subject }: MemberName, problems: Problem[]): void {
  checkProjectName(project, 'project', problems)
  checkText('A subject', subject, 255, 'subject', problems)
  if (isIssuer(issuer)) return
  problems.push({
    message: 'An issuer is an https:// URL, exactly as its tokens say it (claim iss).',
    path: ['issuer'],
  })
}

async function findMember(tx: Db, projectId: number, { issuer, subject }: MemberName) {
  const [row] = await selectMembers(tx).where(
    and(eq(members.projectId, projectId), eq(members.issuer, issuer), eq(members.subject, subject)),
  )
  return row
}

function selectMembers(db: Db) {
  return db
    .select({ principal: principals, member: members, project: projects.name })
    .from(members)
    .innerJoin(principals, eq(principals.id, members.id))
    .innerJoin(projects, eq(projects.id, members.projectId))
    .$dynamic()
}

function toMember({ principal, member, project }: Awaited<ReturnType<typeof selectMembers>>[number]): Member {
  return {
    id: member.id,
    name: principal.name,
    project,
    issuer: member.issuer,
    subject: member.subject,
    role: principal.role,
    roleSource: member.roleSource,
    createdAt: canonicalTime(principal.createdAt),
    lastUsedAt: principal.lastUsedAt && canonicalTime(principal.lastUsedAt),
    removedAt: principal.revokedAt && canonicalTime(principal.revokedAt),
  }
}
