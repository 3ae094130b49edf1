import { sql } from 'drizzle-orm'
import type { Sql } from 'postgres'
import type { Db } from '../db/connection.ts'

const channel = 'evalport_export_jobs'

/**
 * Tells that an export job has changed. Only a hint, which may be lost or come twice: the table is the truth, and who
 * listens reads it.
 */
export interface JobNews {
  publish(jobId: string): Promise<void>
  /** Calls back for each hint, and for lost ones after a gap in the connection. Returns what ends it. */
  watch(jobId: string, onNews: () => void): () => void
  /** How many watches there are. */
  readonly watches: number
  close(): Promise<void>
}

/** @param listener a client whose one connection may be held for listening */
export async function startJobNews(sender: Db, listener: Sql): Promise<JobNews> {
  const watchers = new Map<string, Set<() => void>>()
  let count = 0
  const subscription = await listener.listen(
    channel,
    (jobId) => watchers.get(jobId)?.forEach((onNews) => onNews()),
    () => watchers.forEach((all) => all.forEach((onNews) => onNews())),
  )
  return {
    async publish(jobId) {
      await sender.execute(sql`select pg_notify(${channel}, ${jobId})`)
    },
    watch(jobId, onNews) {
      const all = watchers.get(jobId) ?? new Set()
      watchers.set(jobId, all.add(onNews))
      count++
      return () => {
        if (!all.delete(onNews)) return
        count--
        if (all.size === 0 && watchers.get(jobId) === all) watchers.delete(jobId)
      }
    },
    get watches() {
      return count
    },
    close: () => subscription.unlisten(),
  }
}
