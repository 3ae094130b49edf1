import { sql } from 'drizzle-orm'
import { fromDrizzle, PgBoss } from 'pg-boss'
import type { Db } from '../db/connection.ts'

/**
 * Wakes workers. A queue job carries nothing but the news that there is work: which work, and who may do it, is decided
 * by the claim in our own tables, so that fairness and fencing are ours and the queue can be swapped.
 */
export interface Queue {
  /** In the caller's transaction: no commit, no wake-up. */
  send(tx: Db): Promise<void>
  /** Calls `wake` for each wake-up, also for one whose worker died before it had ended. */
  work(wake: () => Promise<void>): Promise<void>
  /** Takes no more wake-ups and waits for the running ones. */
  stop(): Promise<void>
}

const queueName = 'exports'

export interface QueueOptions {
  /** How many wake-ups this process answers at once; 0: it only sends. */
  readonly concurrency: number
  /** Told of faults that the queue gets over by itself. */
  readonly onError: (error: Error) => void
}

export async function startQueue(url: string, options: QueueOptions): Promise<Queue> {
  const worker = options.concurrency > 0
  const boss = new PgBoss({
    // node-postgres of its own: pg-boss cannot run on postgres.js.
    connectionString: url,
    application_name: 'evalport queue',
    schema: 'pgboss',
    max: 4,
    useListenNotify: worker,
    supervise: worker,
    schedule: false,
    registerInstance: false,
    // With its defaults, the wake-up of a killed worker would come again only after half a minute.
    superviseIntervalSeconds: 1,
    monitorIntervalSeconds: 1,
    openTelemetry: { enabled: false },
  })
  boss.on('error', options.onError)
  try {
    await boss.start()
    await boss.createQueue(queueName, {
      notify: true,
      heartbeatSeconds: 10,
      // The claim's lease ends a run that hangs, so the queue must never give up on a long one.
      expireInSeconds: 86_399,
      retryLimit: 1000,
      retryDelay: 1,
      deleteAfterSeconds: 60,
    })
  } catch (error) {
    // Otherwise it would go on by itself, and the process that could not start would never end.
    await boss.stop({ graceful: false }).catch(options.onError)
    throw error
  }
  return {
    async send(tx) {
      await boss.send(queueName, {}, { db: fromDrizzle(tx, sql) })
    },
    async work(wake) {
      await boss.work(
        queueName,
        {
          // One more than run: a wake-up may be for a caller who need not wait for those.
          localConcurrency: options.concurrency + 1,
          pollingIntervalSeconds: 1,
          notifyPollingIntervalSeconds: 1,
          heartbeatRefreshSeconds: 3,
        },
        wake,
      )
    },
    async stop() {
      await boss.stop({ graceful: true, timeout: 8000 })
    },
  }
}
