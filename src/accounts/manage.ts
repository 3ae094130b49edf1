import { requireStill } from '../access/authenticate.ts'
import { lockPrincipals } from '../access/principals-lock.ts'
import { requirePermission, type Caller } from '../core/caller.ts'
import type { Permission } from '../core/roles.ts'
import type { Db } from '../db/connection.ts'

/**
 * Runs a change of keys, members or projects in a transaction, one at a time, for a caller who has the permission at that
 * very moment: of two who end each other, only one does.
 * @throws AppError FORBIDDEN, or UNAUTHENTICATED when the caller has been ended meanwhile
 */
export async function manage<Result>(
  db: Db,
  caller: Caller,
  permission: Permission,
  change: (tx: Db, caller: Caller) => Promise<Result>,
): Promise<Result> {
  requirePermission(caller, permission)
  return db.transaction(async (tx) => {
    await lockPrincipals(tx)
    return change(tx, await requireStill(tx, caller, permission))
  })
}
