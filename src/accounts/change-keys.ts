import { eq, sql } from 'drizzle-orm'
import { tellOfPrincipal } from '../access/principal-news.ts'
import type { Caller } from '../core/caller.ts'
import { AppError, invalidInput, type Problem } from '../core/errors.ts'
import { canonicalTime } from '../core/time.ts'
import { isUuid } from '../core/uuid.ts'
import type { Db } from '../db/connection.ts'
import { apiKeys, principals } from '../db/schema/schema.ts'
import { isWithin, managesProject, requireOwn, requireOwnEnd } from './authority.ts'
import { checkExpiry, checkRole, checkScopes, checkText, secondsIn } from './check-input.ts'
import { findKey, insertKey, selectKeys, toApiKey, type ApiKey, type KeyRow, type NewApiKey } from './keys.ts'
import { keepingAnOperator } from './last-operator.ts'
import { manage } from './manage.ts'

const keyPrefix = /^evp_[0-9A-Za-z]{8}$/
const usualOverlap = '24h'

/** What of a key is to change; undefined: stays as it is. */
export interface KeyChange {
  readonly name?: string | undefined
  readonly role?: string | undefined
  /** null: all that the role allows. */
  readonly scopes?: readonly string[] | null | undefined
  /** A time, a length of time such as `90d`, or `never`. */
  readonly expires?: string | undefined
}

/**
 * Changes a good key, at once for those who use it.
 * @param idOrPrefix the key's id, or the part of it that may be shown
 * @throws AppError INVALID_INPUT naming every problem; NOT_FOUND; FORBIDDEN when the key has, or would have, more than
 * the caller, or is given something for longer; CONFLICT for a key that is not good any more, or that is the last operator's
 */
export async function updateKey(
  db: Db,
  caller: Caller,
  idOrPrefix: string,
  change: KeyChange,
): Promise<ApiKey> {
  return manage(db, caller, 'keys:manage', async (tx, current) => {
    const row = await keyToChange(tx, current, idOrPrefix)
    requireGood(row, 'changed')
    const problems: Problem[] = []
    if (change.name !== undefined) checkText('The name of a key', change.name, 100, 'name', problems)
    const role = change.role === undefined ? row.principal.role : checkRole(change.role, problems)
    const kept = change.scopes === undefined ? row.principal.scopes : change.scopes
    const scopes = checkScopes(kept, role, problems) ?? null
    const expiresAt = await checkExpiry(tx, change.expires, problems)
    if (problems.length > 0 || !role) throw invalidInput(problems)
    requireOwn(current, { role, scopes }, 'give this key so much')
    const before = endOf(row)
    const end = expiresAt === undefined ? before : expiresAt
    const isLater = before !== null && (end === null || end > before)
    if (isLater || !isWithin({ role, scopes }, row.principal))
      requireOwnEnd(current, end, 'give this key so much')
    return keepingAnOperator(tx, async () => {
      await tx
        .update(principals)
        .set({
          role,
          scopes: scopes && [...scopes],
          ...(change.name !== undefined && { name: change.name }),
          ...(expiresAt !== undefined && { expiresAt }),
        })
        .where(eq(principals.id, row.key.id))
      await tellOfPrincipal(tx, row.key.id)
      return (await findKey(tx, row.key.id))!
    })
  })
}

/**
 * Makes a key that takes over from another: of the same name, project, role, scopes and end. The old one ends after the
 * overlap, or when it would have ended anyway.
 * @param overlap a length of time such as `24h`; `0`: at once
 * @throws AppError as `updateKey` does; CONFLICT also for a key that has been replaced already
 */
export async function rotateKey(
  db: Db,
  caller: Caller,
  idOrPrefix: string,
  overlap = usualOverlap,
): Promise<NewApiKey & { readonly replaced: ApiKey }> {
  return manage(db, caller, 'keys:manage', async (tx, current) => {
    const seconds = secondsIn(overlap)
    if (seconds === undefined) {
      const message = `${JSON.stringify(overlap.slice(0, 100))} is no length of time.`
      throw invalidInput([{ message, path: ['overlap'], suggestion: 'Give one like 24h, 30m or 0.' }])
    }
    const row = await keyToChange(tx, current, idOrPrefix)
    requireGood(row, 'rotated')
    const { principal } = row
    requireOwnEnd(current, endOf(row), 'have its successor')
    return keepingAnOperator(tx, async () => {
      const made = await insertKey(tx, { id: principal.projectId, name: row.project }, principal)
      await tx.update(apiKeys).set({ replacedBy: made.key.id }).where(eq(apiKeys.id, principal.id))
      const end = sql`least(${principals.expiresAt}, clock_timestamp() + make_interval(secs => ${seconds}))`
      await tx.update(principals).set({ expiresAt: end }).where(eq(principals.id, principal.id))
      await tellOfPrincipal(tx, principal.id)
      return { ...made, replaced: (await findKey(tx, principal.id))! }
    })
  })
}

/**
 * Ends a key at once. Ending it again changes nothing.
 * @throws AppError NOT_FOUND; FORBIDDEN for a key that has more than the caller; CONFLICT for the last operator's
 */
export async function revokeKey(db: Db, caller: Caller, idOrPrefix: string): Promise<ApiKey> {
  return manage(db, caller, 'keys:manage', async (tx, current) => {
    const row = await keyToChange(tx, current, idOrPrefix)
    if (row.principal.revokedAt !== null) return toApiKey(row)
    return keepingAnOperator(tx, async () => {
      await tx
        .update(principals)
        .set({ revokedAt: sql`clock_timestamp()` })
        .where(eq(principals.id, row.key.id))
      await tellOfPrincipal(tx, row.key.id)
      return (await findKey(tx, row.key.id))!
    })
  })
}

/** @throws AppError NOT_FOUND also for keys of projects that the caller does not manage; FORBIDDEN */
async function keyToChange(tx: Db, caller: Caller, idOrPrefix: string): Promise<KeyRow> {
  // What is no prefix need not be looked for; some text, U+0000 among it, the database does not even take.
  const match = isUuid(idOrPrefix)
    ? eq(apiKeys.id, idOrPrefix)
    : keyPrefix.test(idOrPrefix)
      ? eq(apiKeys.prefix, idOrPrefix)
      : undefined
  const [row] = match ? await selectKeys(tx).where(match) : []
  if (!row || !managesProject(caller, row.principal.projectId)) {
    // What is no id may be a whole key that somebody pasted, and is not repeated.
    throw new AppError('NOT_FOUND', `There is no API key ${match ? idOrPrefix : 'of that id or prefix'}.`, {
      hint: 'See them all: evalport key list.',
    })
  }
  requireOwn(caller, row.principal, 'touch this key')
  return row
}

const endOf = ({ principal }: KeyRow): string | null =>
  principal.expiresAt && canonicalTime(principal.expiresAt)

function requireGood({ principal, key, isGood }: KeyRow, deed: string): void {
  const why =
    principal.revokedAt !== null
      ? 'it was revoked'
      : !isGood
        ? 'it has expired'
        : key.replacedBy !== null
          ? `it was rotated; the key ${key.replacedBy} has taken over`
          : undefined
  if (why === undefined) return
  throw new AppError('CONFLICT', `The key ${key.prefix} cannot be ${deed} any more: ${why}.`, {
    hint: 'Make a new one: evalport key create.',
  })
}
