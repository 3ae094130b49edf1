import { InvalidArgumentError } from 'commander'
import { isFinal } from '../core/export-job.ts'
import type { CommandContext } from './command-context.ts'
import { formatBytes, formatCount, formatSeconds } from './figures.ts'
import type { JobState } from './job.ts'

export const progressModes = ['auto', 'tty', 'plain', 'json', 'none'] as const
export type ProgressMode = (typeof progressModes)[number]

/** Shows how a job goes on, always on the error stream. */
export interface ProgressDisplay {
  show(job: JobState): void
  /** Leaves the display as it stands. */
  end(): void
}

const plainEvery = 10_000
const barWidth = 28

export function parseProgressMode(text: string): ProgressMode {
  const mode = progressModes.find((each) => each === text)
  if (!mode) throw new InvalidArgumentError(`It is one of ${progressModes.join(', ')}.`)
  return mode
}

/** @param mode `auto`: a bar for a person at a terminal, plain lines otherwise */
export function displayProgress({ config, terminal }: CommandContext, mode: ProgressMode): ProgressDisplay {
  const chosen = mode === 'auto' ? (terminal.interactive && !config.ci ? 'tty' : 'plain') : mode
  switch (chosen) {
    case 'none':
      return { show: () => {}, end: () => {} }
    case 'json':
      return { show: (job) => terminal.err(`${JSON.stringify(progressJson(job))}\n`), end: () => {} }
    case 'tty': {
      let drawn = false
      return {
        show(job) {
          terminal.err(`\r\u001b[K${bar(job)}`)
          drawn = true
        },
        end() {
          if (drawn) terminal.err('\r\u001b[K')
        },
      }
    }
    case 'plain': {
      let told = Number.NEGATIVE_INFINITY
      let line = ''
      return {
        show(job) {
          const now = performance.now()
          // A job that has only just begun has nothing to tell yet.
          const begins = job.status === 'RUNNING' && !job.progress.rowsTotal && job.progress.rowsWritten === 0
          if (begins || (!isFinal(job.status) && now - told < plainEvery)) return
          const next = plainLine(job)
          if (next === line) return
          told = now
          line = next
          terminal.err(`evalport: ${line}\n`)
        },
        end() {},
      }
    }
  }
}

function progressJson(job: JobState): object {
  const { rowsTotal, ...progress } = job.progress
  return {
    id: job.id,
    status: job.status,
    ...progress,
    rowsTotal: rowsTotal?.value ?? null,
    rowsTotalIsExact: rowsTotal?.isExact ?? null,
  }
}

/** What there is to say of a job that is not being written; undefined of one that is. */
function standing(job: JobState): string | undefined {
  if (job.status === 'QUEUED') return 'waiting for a worker'
  if (job.status === 'CANCELLING') return 'being cancelled'
  if (!job.progress.isStalled) return undefined
  return `stalled at ${formatCount(job.progress.rowsWritten)} rows: its worker is silent or stuck`
}

function plainLine(job: JobState): string {
  const { percent } = job.progress
  return (
    standing(job) ?? [percent === null ? '' : `${percent}% `, `${rowsOf(job, '/')} rows`, left(job)].join('')
  )
}

function bar(job: JobState): string {
  const other = standing(job)
  if (other !== undefined) return `  ${other}`
  const { percent, bytesWritten, rowsPerSecond } = job.progress
  const filled = Math.round(((percent ?? 0) / 100) * barWidth)
  const drawing = '█'.repeat(filled) + '░'.repeat(barWidth - filled)
  const share = percent === null ? ' … ' : `${percent} %`
  const speed = rowsPerSecond === null ? '' : `  ${formatCount(Math.round(rowsPerSecond))} rows/s`
  return `  ${drawing}  ${share}  ${rowsOf(job, ' / ')} rows  ${formatBytes(bytesWritten)}${speed}${left(job)}`
}

/** How many rows of how many; what is only estimated is marked. */
function rowsOf({ progress: { rowsWritten, rowsTotal } }: JobState, between: string): string {
  if (!rowsTotal) return formatCount(rowsWritten)
  return `${formatCount(rowsWritten)}${between}${rowsTotal.isExact ? '' : '~'}${formatCount(rowsTotal.value)}`
}

function left({ progress: { secondsLeft } }: JobState): string {
  return secondsLeft === null ? '' : `, ${formatSeconds(secondsLeft)} left`
}
