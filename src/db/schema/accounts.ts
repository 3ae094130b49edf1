import { sql } from 'drizzle-orm'
import {
  boolean,
  bytea,
  check,
  index,
  integer,
  snakeCase,
  text,
  timestamp,
  unique,
  uuid,
  type ExtraConfigColumn,
} from 'drizzle-orm/pg-core'
import { principalKinds, type PrincipalKind } from '../../core/caller.ts'
import { roleNames, type Permission, type Role } from '../../core/roles.ts'

const time = () => timestamp({ withTimezone: true, mode: 'string' })

/** The isolation boundary: every record, key and export belongs to exactly one project. */
export const projects = snakeCase.table(
  'projects',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    /** Its public form; clients never see the number. */
    name: text().notNull(),
    createdAt: time().notNull().defaultNow(),
  },
  (t) => [unique().on(t.name), check('projects_name_check', sql`${t.name} ~ '^[a-z0-9][a-z0-9_-]{0,62}$'`)],
)

/** Whoever may ask, in one project: an API key, or a member whom an identity provider knows. Never deleted. */
export const principals = snakeCase.table(
  'principals',
  {
    id: uuid().primaryKey(),
    projectId: integer()
      .notNull()
      .references(() => projects.id),
    kind: text().$type<PrincipalKind>().notNull(),
    name: text().notNull(),
    role: text().$type<Role>().notNull(),
    /** Narrows the role's permissions; null: all of them. */
    scopes: text().$type<Permission>().array(),
    createdAt: time().notNull().defaultNow(),
    /** From then on it is not good any more. */
    expiresAt: time(),
    revokedAt: time(),
    /** To the minute. */
    lastUsedAt: time(),
  },
  (t) => [
    index().on(t.projectId),
    check('principals_kind_check', oneOf(t.kind, principalKinds)),
    check('principals_role_check', oneOf(t.role, roleNames)),
  ],
)

/** The secret part of a key is never stored: it has 190 random bits, so a plain SHA-256 of it cannot be guessed from. */
export const apiKeys = snakeCase.table(
  'api_keys',
  {
    id: uuid()
      .primaryKey()
      .references(() => principals.id),
    /** The part of the key that may be shown and looked up. */
    prefix: text().notNull(),
    secretSha256: bytea().notNull(),
    /** The key that took over from it when it was rotated. */
    replacedBy: uuid(),
  },
  (t) => [unique().on(t.prefix)],
)

/**
 * A person or service as its identity provider names it, in a project that gave it a role: by hand (`assigned`), or
 * through claims of its token (`claims`), whose role is the one that its last token told.
 */
export const members = snakeCase.table(
  'members',
  {
    id: uuid()
      .primaryKey()
      .references(() => principals.id),
    projectId: integer()
      .notNull()
      .references(() => projects.id),
    issuer: text().notNull(),
    subject: text().notNull(),
    roleSource: text().$type<'assigned' | 'claims'>().notNull(),
    /** When the newest token was made that told of the role; null: none has said so. */
    toldAt: time(),
    /** Ended by claims, not by hand: a newer token that tells a role brings it back. */
    withdrawn: boolean().notNull().default(false),
  },
  (t) => [
    unique().on(t.projectId, t.issuer, t.subject),
    index().on(t.issuer, t.subject),
    check('members_role_source_check', oneOf(t.roleSource, ['assigned', 'claims'])),
  ],
)

function oneOf(column: ExtraConfigColumn, values: readonly string[]) {
  return sql`${column} in (${sql.raw(values.map((value) => `'${value}'`).join(', '))})`
}
