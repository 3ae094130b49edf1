import { eq } from 'drizzle-orm'
import { lockPrincipals } from '../access/principals-lock.ts'
import type { Db } from '../db/connection.ts'
import { apiKeys, projects } from '../db/schema/schema.ts'
import { insertKey, type NewApiKey } from './keys.ts'

const firstProject = 'default'

/**
 * The first operator key and its project, if this installation has no key yet. Any number of processes may ask at once:
 * one gets it.
 */
export async function createFirstKey(db: Db): Promise<NewApiKey | undefined> {
  return db.transaction(async (tx) => {
    await lockPrincipals(tx)
    if ((await tx.$count(apiKeys)) > 0) return undefined
    await tx.insert(projects).values({ name: firstProject }).onConflictDoNothing()
    const [project] = await tx.select().from(projects).where(eq(projects.name, firstProject))
    const grant = { role: 'operator', scopes: null } as const
    return insertKey(tx, project!, { ...grant, name: 'first operator key', expiresAt: null })
  })
}
