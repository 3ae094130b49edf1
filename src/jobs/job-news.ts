import type { Sql } from 'postgres'
import type { Db } from '../db/connection.ts'
import { listenForHints, sendHint, type Hints } from '../db/hints.ts'

const channel = 'evalport_export_jobs'

/** Tells that an export job has changed; jobs are named by their ids. */
export interface JobNews extends Hints {
  publish(jobId: string): Promise<void>
}

/** @param listener a client whose one connection may be held for listening */
export async function startJobNews(sender: Db, listener: Sql): Promise<JobNews> {
  const hints = await listenForHints(listener, channel)
  return {
    ...hints,
    get watches() {
      return hints.watches
    },
    publish: (jobId) => sendHint(sender, channel, jobId),
  }
}
