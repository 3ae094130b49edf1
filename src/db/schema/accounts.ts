import { sql } from 'drizzle-orm'
import { check, index, integer, snakeCase, text, timestamp, unique, uuid, bytea } from 'drizzle-orm/pg-core'
import type { Role } from '../../core/roles.ts'

/** The isolation boundary: every record, key and export belongs to exactly one project. */
export const projects = snakeCase.table(
  'projects',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    /** Its public form; clients never see the number. */
    name: text().notNull(),
    createdAt: timestamp({ withTimezone: true, mode: 'string' }).notNull().defaultNow(),
  },
  (t) => [unique().on(t.name), check('projects_name_check', sql`${t.name} ~ '^[a-z0-9][a-z0-9_-]{0,62}$'`)],
)

/** The secret part of a key is never stored: it has 190 random bits, so a plain SHA-256 of it cannot be guessed from. */
export const apiKeys = snakeCase.table(
  'api_keys',
  {
    id: uuid().primaryKey(),
    projectId: integer()
      .notNull()
      .references(() => projects.id),
    /** The part of the key that may be shown and looked up. */
    prefix: text().notNull(),
    secretSha256: bytea().notNull(),
    name: text().notNull(),
    role: text().$type<Role>().notNull(),
    createdAt: timestamp({ withTimezone: true, mode: 'string' }).notNull().defaultNow(),
    revokedAt: timestamp({ withTimezone: true, mode: 'string' }),
  },
  (t) => [
    unique().on(t.prefix),
    index().on(t.projectId),
    check('api_keys_role_check', sql`${t.role} in ('admin')`),
  ],
)
