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
  const started = performance.now()
  switch (chosen) {
    case 'none':
      return { show: () => {}, end: () => {} }
    case 'json':
      return { show: (job) => terminal.err(`${JSON.stringify(progressJson(job))}\n`), end: () => {} }
    case 'tty': {
      let drawn = false
      return {
        show(job) {
          terminal.err(`\r\u001b[K${bar(job, performance.now() - started)}`)
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
          const next = plainLine(job, now - started)
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
  return { id: job.id, status: job.status, ...job.progress, rowsTotal: job.progress.rowsTotal?.value ?? null }
}

function plainLine(job: JobState, elapsed: number): string {
  if (job.status === 'QUEUED') return 'waiting for a worker'
  const { percent, rowsWritten, rowsTotal } = job.progress
  const rows = rowsTotal
    ? `${formatCount(rowsWritten)}/${formatCount(rowsTotal.value)}`
    : formatCount(rowsWritten)
  return [percent === null ? '' : `${percent}% `, `${rows} rows`, left(job, elapsed)].join('')
}

function bar(job: JobState, elapsed: number): string {
  if (job.status === 'QUEUED') return '  waiting for a worker'
  const { percent, rowsWritten, bytesWritten, rowsTotal } = job.progress
  const filled = Math.round(((percent ?? 0) / 100) * barWidth)
  const drawing = '█'.repeat(filled) + '░'.repeat(barWidth - filled)
  const rows = rowsTotal
    ? `${formatCount(rowsWritten)} / ${formatCount(rowsTotal.value)}`
    : formatCount(rowsWritten)
  const share = percent === null ? ' … ' : `${percent} %`
  return `  ${drawing}  ${share}  ${rows} rows  ${formatBytes(bytesWritten)}${left(job, elapsed)}`
}

function left(job: JobState, elapsed: number): string {
  const { rowsWritten, rowsTotal } = job.progress
  if (!rowsTotal || rowsWritten === 0 || rowsWritten >= rowsTotal.value) return ''
  return `, ${formatSeconds(((rowsTotal.value - rowsWritten) / rowsWritten) * (elapsed / 1000))} left`
}
