import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import { newApiKey } from '../access/api-key.ts'
import { requirePermission, type Caller } from '../core/caller.ts'
import { AppError, invalidInput, type Problem } from '../core/errors.ts'
import type { Role } from '../core/roles.ts'
import { canonicalTime } from '../core/time.ts'
import { isUuid, uuidv7 } from '../core/uuid.ts'
import type { Db } from '../db/connection.ts'
import { apiKeys, projects } from '../db/schema/schema.ts'

/** An API key as it may be shown: its secret was shown once, when it was made. */
export interface ApiKey {
  readonly id: string
  readonly name: string
  readonly prefix: string
  readonly project: string
  readonly role: Role
  readonly createdAt: string
  readonly revokedAt: string | null
}

export interface NewApiKey {
  readonly key: ApiKey
  /** The whole key; nothing can tell it again. */
  readonly secret: string
}

const keyPrefix = /^evp_[0-9A-Za-z]{8}$/
const projectName = /^[a-z0-9][a-z0-9_-]{0,62}$/
const defaultProject = 'default'

/**
 * Makes a key for a project, and the project if there is none of that name.
 * @param wanted.project undefined: the caller's own
 * @throws AppError INVALID_INPUT or FORBIDDEN
 */
export async function createKey(
  db: Db,
  caller: Caller,
  wanted: { name: string; project: string | undefined },
): Promise<NewApiKey> {
  requirePermission(caller, 'keys:manage')
  const problems: Problem[] = []
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  if (!/^[^\u0000-\u001f\u007f\ud800-\udfff]{1,100}$/u.test(wanted.name)) {
    problems.push({ message: 'The name of a key has 1 to 100 characters, all printable.', path: ['name'] })
  }
  if (wanted.project !== undefined && !projectName.test(wanted.project)) {
    problems.push({
      message: `${JSON.stringify(wanted.project)} cannot be the name of a project.`,
      path: ['project'],
      suggestion: 'Use 1 to 63 of a-z, 0-9, _ and -, a letter or digit first.',
    })
  }
  if (problems.length > 0) throw invalidInput(problems)
  return db.transaction((tx) => insertKey(tx, wanted.name, wanted.project ?? caller.projectName))
}

/** All keys, revoked ones too, oldest first. Admins see those of every project. */
export async function listKeys(db: Db, caller: Caller): Promise<readonly ApiKey[]> {
  requirePermission(caller, 'keys:manage')
  const rows = await db
    .select({ key: apiKeys, project: projects.name })
    .from(apiKeys)
    .innerJoin(projects, eq(projects.id, apiKeys.projectId))
    .orderBy(asc(apiKeys.id))
  return rows.map((row) => toApiKey(row.key, row.project))
}

/**
 * Ends a key at once. Ending it again changes nothing.
 * @param idOrPrefix the key's id, or the part of it that may be shown
 * @throws AppError NOT_FOUND, or CONFLICT for the last good key, without which nobody could come in any more
 */
export async function revokeKey(db: Db, caller: Caller, idOrPrefix: string): Promise<ApiKey> {
  requirePermission(caller, 'keys:manage')
  return db.transaction(async (tx) => {
    // Serialises revocations, so that two of them cannot end the last two keys.
    await tx.execute(sql`select pg_advisory_xact_lock(${bootstrapLock})`)
    const match = isUuid(idOrPrefix) ? eq(apiKeys.id, idOrPrefix) : eq(apiKeys.prefix, idOrPrefix)
    // What is no prefix need not be looked for; some text, U+0000 among it, the database does not even take.
    const found =
      isUuid(idOrPrefix) || keyPrefix.test(idOrPrefix)
        ? (
            await tx
              .select()
              .from(apiKeys)
              .innerJoin(projects, eq(projects.id, apiKeys.projectId))
              .where(match)
          )[0]
        : undefined
    if (!found) {
      throw new AppError('NOT_FOUND', `There is no API key ${JSON.stringify(idOrPrefix)}.`, {
        hint: 'See them all: evalport key list.',
      })
    }
    if (found.api_keys.revokedAt === null) {
      const good = await tx.$count(apiKeys, isNull(apiKeys.revokedAt))
      if (good === 1) {
        throw new AppError(
          'CONFLICT',
          'This is the last good API key; without it nobody could come in any more.',
          {
            hint: 'Make another one first: evalport key create.',
          },
        )
      }
      await tx
        .update(apiKeys)
        .set({ revokedAt: sql`now()` })
        .where(and(eq(apiKeys.id, found.api_keys.id), isNull(apiKeys.revokedAt)))
    }
    const [revoked] = await tx.select().from(apiKeys).where(eq(apiKeys.id, found.api_keys.id))
    return toApiKey(revoked!, found.projects.name)
  })
}

/** Any number that nobody else takes an advisory lock on. */
const bootstrapLock = 4_600_000_002

/** The first admin key, if this installation has no key yet. Any number of processes may ask at once: one gets it. */
export async function createFirstKey(db: Db): Promise<NewApiKey | undefined> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${bootstrapLock})`)
    if ((await tx.$count(apiKeys)) > 0) return undefined
    return insertKey(tx, 'first admin key', defaultProject)
  })
}

async function insertKey(tx: Db, name: string, project: string): Promise<NewApiKey> {
  await tx.insert(projects).values({ name: project }).onConflictDoNothing()
  const [owner] = await tx.select().from(projects).where(eq(projects.name, project))
  const secret = newApiKey()
  const [row] = await tx
    .insert(apiKeys)
    .values({
      id: uuidv7(),
      projectId: owner!.id,
      prefix: secret.prefix,
      secretSha256: secret.secretSha256,
      name,
      role: 'admin',
    })
    .returning()
  return { key: toApiKey(row!, project), secret: secret.text }
}

function toApiKey(row: typeof apiKeys.$inferSelect, project: string): ApiKey {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    project,
    role: row.role,
    createdAt: canonicalTime(row.createdAt),
    revokedAt: row.revokedAt && canonicalTime(row.revokedAt),
  }
}
