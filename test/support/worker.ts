import { pino } from 'pino'
import { openApp, type App } from '../../src/app.ts'
import { openDataFolder } from '../../src/data-folder.ts'
import type { TestApp } from './app.ts'

/** Another process' app on the same database and data folder, as far as one process can have two. */
export async function openSecondApp(test: TestApp, workerConcurrency: number): Promise<App> {
  return openApp({
    config: test.config(),
    folder: await openDataFolder(test.config().dataDir),
    databaseUrl: test.database.url(),
    log: pino({ level: 'silent' }),
    workerConcurrency,
  })
}

/** Resolves when it holds, asking again and again; fails after so many tries. */
export async function eventually(holds: () => boolean | Promise<boolean>, tries = 1000): Promise<void> {
  for (let left = tries; left > 0; left--) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`it did not come true: ${holds.toString()}`)
}
