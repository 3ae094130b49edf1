import { setTimeout as delay } from 'node:timers/promises'
import { drizzle } from 'drizzle-orm/postgres-js'
import postgres, { type Sql } from 'postgres'
import { startQueue } from '../src/jobs/queue.ts'

const patience = 300_000
/** So many find a worker each; the workers go on by themselves as long as something waits. */
const wakeUps = 32

/** Lets the waiting twins run while nothing else happens. @throws Error when some do not end */
export async function runTwins(
  sql: Sql,
  url: string,
  twins: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const ids = [...twins]
  await sql`update export_jobs set not_before = null where id = any(${ids}::uuid[])`
  await wakeWorkers(url)
  const since = performance.now()
  for (;;) {
    signal.throwIfAborted()
    const [row] = await sql<{ left: number }[]>`select count(*)::int as left from export_jobs
      where id = any(${ids}::uuid[]) and status in ('QUEUED', 'RUNNING')`
    if (row!.left === 0) return
    if (performance.now() - since > patience)
      throw new Error(`${row!.left} undisturbed exports did not end within ${patience} ms.`)
    await delay(100)
  }
}

/** What a request does in its transaction; without it, workers look every two seconds. */
async function wakeWorkers(url: string): Promise<void> {
  // A client of its own, since Drizzle changes the parsers of the one that it is given.
  const client = postgres(url, { max: 1, onnotice: () => {} })
  const queue = await startQueue(url, {
    concurrency: 0,
    onError: (error) => console.error(`soak: the queue met a fault: ${error.message}`),
  })
  try {
    const db = drizzle({ client })
    for (let left = wakeUps; left > 0; left--) await queue.send(db)
  } finally {
    await queue.stop()
    await client.end({ timeout: 5 })
  }
}
