import { authenticate } from '../../src/access/authenticate.ts'
import { createKey, type NewApiKey, type WantedKey } from '../../src/accounts/keys.ts'
import { createProject } from '../../src/accounts/projects.ts'
import type { Caller } from '../../src/core/caller.ts'
import type { TestApp } from './app.ts'

/** The caller of a key, the first operator's without one. */
export async function callerOf(test: TestApp, key = test.key()): Promise<Caller> {
  return authenticate(test.app(), `Bearer ${key}`)
}

/** A key made by the first operator, with its project if there is none of that name. */
export async function makeKey(test: TestApp, wanted: Partial<WantedKey> = {}): Promise<NewApiKey> {
  const { db } = test.app()
  const operator = await callerOf(test)
  if (wanted.project !== undefined) {
    await createProject(db, operator, wanted.project).catch((error: { code?: string }) => {
      if (error.code !== 'CONFLICT') throw error
    })
  }
  return createKey(db, operator, { name: 'for a test', ...wanted })
}
