import type { JobPhase } from '../core/export-job.ts'
import type { ExportContext } from './context.ts'
import { reportProgress, type Claim } from './job-status.ts'

/** Not more often than this is progress shown, */
const showEvery = 250
/** and not less often is the lease extended. */
const beatEvery = 2000

/** Tells the database how a run goes on, and the run whether it still holds its claim. */
export interface RunReport {
  /** So many in all, so far. */
  wrote(rows: number, bytes: number): void
  total(rows: number): void
  finishing(): void
  /** Aborted when another worker has the job. */
  readonly lost: AbortSignal
  /** Stops reporting; no report is under way when it resolves. */
  end(): Promise<void>
}

export function reportRun(context: ExportContext, claim: Claim): RunReport {
  let phase: JobPhase = 'WRITING'
  let rowsWritten = 0
  let bytesWritten = 0
  let rowsTotal: number | undefined
  let shown = performance.now()
  let dirty = false
  let sending: Promise<void> | undefined
  const lost = new AbortController()

  const send = async (): Promise<void> => {
    dirty = false
    shown = performance.now()
    try {
      const held = await reportProgress(context.vital, claim, { phase, rowsWritten, bytesWritten, rowsTotal })
      if (held) await context.news.publish(claim.id)
      else lost.abort(new Error(`the claim on export ${claim.id} was lost`))
    } catch (error) {
      // The next beat tries again; a lease that runs out meanwhile is found lost then.
      context.log.warn({ job: claim.id, err: error }, 'the progress could not be written')
    }
  }
  const timer = setInterval(() => {
    const since = performance.now() - shown
    if (sending || !(dirty ? since >= showEvery : since >= beatEvery)) return
    sending = send().finally(() => (sending = undefined))
  }, 50)

  return {
    wrote(rows, bytes) {
      rowsWritten = rows
      bytesWritten = bytes
      dirty = true
    },
    total(rows) {
      rowsTotal = rows
      dirty = true
    },
    finishing() {
      phase = 'FINISHING'
      dirty = true
    },
    lost: lost.signal,
    async end() {
      clearInterval(timer)
      await sending
    },
  }
}
