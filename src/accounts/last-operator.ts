import { and, eq, isNull } from 'drizzle-orm'
import { AppError } from '../core/errors.ts'
import type { Db } from '../db/connection.ts'
import { principals } from '../db/schema/schema.ts'

/**
 * Runs a change that may not leave the installation without a key that can manage all of it and does not end by itself.
 * The transaction holds the principals' lock.
 * @throws AppError CONFLICT, which rolls the change back
 */
export async function keepingAnOperator<Result>(tx: Db, change: () => Promise<Result>): Promise<Result> {
  const before = await lastingOperators(tx)
  const result = await change()
  if (before > 0 && (await lastingOperators(tx)) === 0) {
    const message =
      'This is the last good operator key; without it nobody could manage the projects any more.'
    throw new AppError('CONFLICT', message, {
      hint: 'Make another one first: evalport key create NAME --role operator.',
    })
  }
  return result
}

async function lastingOperators(tx: Db): Promise<number> {
  return tx.$count(
    principals,
    and(
      eq(principals.kind, 'key'),
      eq(principals.role, 'operator'),
      isNull(principals.scopes),
      isNull(principals.revokedAt),
      isNull(principals.expiresAt),
    ),
  )
}
