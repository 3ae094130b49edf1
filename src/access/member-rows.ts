import { and, eq } from 'drizzle-orm'
import type { Role } from '../core/roles.ts'
import { canonicalTime } from '../core/time.ts'
import type { Db } from '../db/connection.ts'
import { members, principals, projects } from '../db/schema/schema.ts'
import { callerColumns } from './callers.ts'
import { nameTold, projectsTold, roleTold, tellsAllProjects } from './claims.ts'
import { useIsOld } from './last-used.ts'
import type { VerifiedToken } from './tokens.ts'

/** What a token says of its subject's memberships. */
export interface Told {
  readonly role: Role | undefined
  readonly projects: readonly string[]
  /** Whether it says so of all projects, and not of those alone. */
  readonly isAll: boolean
  readonly name: string
  /** In seconds; undefined: it does not say when it was made. */
  readonly at: number | undefined
}

export function whatIsTold({ settings, claims, subject, issuedAt }: VerifiedToken): Told {
  return {
    role: roleTold(settings, claims),
    projects: projectsTold(settings, claims),
    isAll: tellsAllProjects(settings, claims),
    name: nameTold(settings, claims, subject),
    at: issuedAt,
  }
}

/** All memberships of a token's subject, ended ones too. */
export async function membersOf(db: Db, { settings, subject }: VerifiedToken) {
  return db
    .select({
      ...callerColumns,
      roleSource: members.roleSource,
      toldAt: members.toldAt,
      withdrawn: members.withdrawn,
      revokedAt: principals.revokedAt,
      useIsOld,
    })
    .from(members)
    .innerJoin(principals, eq(principals.id, members.id))
    .innerJoin(projects, eq(projects.id, members.projectId))
    .where(and(eq(members.issuer, settings.issuer), eq(members.subject, subject)))
}

export type MemberRow = Awaited<ReturnType<typeof membersOf>>[number]

/** By the token's word alone. */
const tells = (told: Told, project: string): boolean =>
  told.role !== undefined && told.projects.includes(project)

/** Whether no newer token has told of the membership: only then may this one change it. */
export function isNewest(row: MemberRow, told: Told): boolean {
  const last = lastTold(row)
  return last === undefined || (told.at !== undefined && told.at >= last)
}

/** A role that claims tell holds only where the issuer says that it does; one that was taken away here, nowhere. */
export function isOpen(row: MemberRow, told: Told): boolean {
  if (row.roleSource === 'assigned') return row.revokedAt === null
  if (!tells(told, row.projectName)) return false
  return row.revokedAt === null || (row.withdrawn && isNewest(row, told))
}

/**
 * Whether the token ends the membership, or says anew that it is ended: it tells no role, or not this project any more.
 * @param wanted the project that it is used for, which it then tells of in any case
 */
export function isWithdrawnBy(row: MemberRow, told: Told, wanted: string | undefined): boolean {
  const project = row.projectName
  if (row.roleSource === 'assigned' || tells(told, project) || !isNewest(row, told)) return false
  if (!told.isAll && !told.projects.includes(project) && project !== wanted) return false
  return row.revokedAt === null || (row.withdrawn && !isLastTold(row, told))
}

/** Whether the row says already all that the token may change of it. */
export function isWritten(row: MemberRow, told: Told): boolean {
  if (row.roleSource === 'assigned' || !isNewest(row, told)) return true
  return row.revokedAt === null && row.role === told.role && row.name === told.name && isLastTold(row, told)
}

const isLastTold = (row: MemberRow, told: Told): boolean => told.at === undefined || told.at === lastTold(row)

const lastTold = ({ toldAt }: MemberRow): number | undefined =>
  toldAt === null ? undefined : Date.parse(canonicalTime(toldAt)) / 1000
