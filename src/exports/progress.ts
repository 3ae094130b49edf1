import type { JobPhase } from '../core/export-job.ts'
import type { ExportContext } from './context.ts'
import type { Claim } from './job-status/claim.ts'
import { reportProgress, type Progress } from './job-status/held.ts'

/** Not more often than this is progress shown, */
const showEvery = 250
/** and not less often is the lease extended, and found out whether the job is cancelled. */
const beatEvery = 1000
/** What the speed is measured over, about. */
const speedOver = 5000

/** Tells the database how a run goes on, and the run whether it still holds its claim. */
export interface RunReport {
  /** So many in all, so far. */
  wrote(rows: number, bytes: number): void
  /** So many there will be, exactly or as far as Postgres' statistics know. */
  total(rows: number, isExact: boolean): void
  finishing(): void
  /** Aborted when the claim holds no more: the job is cancelled, or another worker has it. */
  readonly lost: AbortSignal
  /** Stops reporting; no report is under way when it resolves. */
  end(): Promise<void>
}

export function reportRun(context: ExportContext, claim: Claim): RunReport {
  let phase: JobPhase = 'WRITING'
  let rowsWritten = 0
  let bytesWritten = 0
  let rowsTotal: Progress['rowsTotal']
  const speed = measureSpeed()
  let shown = performance.now()
  let dirty = false
  let sending: Promise<void> | undefined
  const lost = new AbortController()

  const send = async (): Promise<void> => {
    dirty = false
    shown = performance.now()
    try {
      const rowsPerSecond = speed.now()
      const held = await reportProgress(context.vital, claim, {
        phase,
        rowsWritten,
        bytesWritten,
        rowsTotal,
        rowsPerSecond,
      })
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
      speed.reached(rows)
      rowsWritten = rows
      bytesWritten = bytes
      dirty = true
    },
    total(rows, isExact) {
      if (!rowsTotal?.isExact) rowsTotal = { rows, isExact }
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

/** Rows a second of late: of the last seconds, those long past counting ever less. */
function measureSpeed(): { reached(rows: number): void; now(): number | undefined } {
  let at = performance.now()
  let rows: number | undefined
  let speed: number | undefined
  return {
    reached(reached) {
      const now = performance.now()
      // The first is where an attempt goes on from.
      if (rows === undefined) [at, rows] = [now, reached]
      const elapsed = now - at
      if (elapsed < 200) return
      const latest = ((reached - rows) / elapsed) * 1000
      const weight = 1 - Math.exp(-elapsed / speedOver)
      speed = speed === undefined ? latest : speed + weight * (latest - speed)
      at = now
      rows = reached
    },
    now() {
      const idle = performance.now() - at
      // What stands still has no speed to tell the end by.
      return idle > speedOver ? undefined : speed
    },
  }
}
