import { expect, it } from 'vitest'
import type { JobState } from '../../src/commands/job.ts'
import { displayProgress } from '../../src/commands/progress.ts'
import { loadConfig } from '../../src/config.ts'

const job = (status: JobState['status'], rowsWritten: number, rowsTotal: number | null): JobState => ({
  id: 'exp_1',
  status,
  dataset: 'evaluation_results',
  format: 'CSV',
  columns: [],
  createdAt: '2026-05-24T13:46:19Z',
  finishedAt: null,
  expiresAt: null,
  attempt: 1,
  progress: {
    phase: null,
    rowsWritten,
    bytesWritten: rowsWritten * 100,
    rowsTotal: rowsTotal === null ? null : { value: rowsTotal, isExact: rowsTotal === 100_000 },
    rowsPerSecond: status === 'RUNNING' && rowsTotal !== null ? 20_000 : null,
    secondsLeft: status === 'RUNNING' && rowsTotal !== null ? 1.5 : null,
    heartbeatAt: null,
    isStalled: false,
    percent: rowsTotal === null ? null : Math.floor((rowsWritten / rowsTotal) * 100),
  },
  changes: [],
  redactions: [],
  failure: null,
  file: null,
})

const states = [
  job('QUEUED', 0, null),
  job('RUNNING', 500, null),
  job('RUNNING', 71_000, 100_000),
  job('SUCCEEDED', 100_000, 100_000),
]

function shown(
  mode: 'auto' | 'tty' | 'plain' | 'json' | 'none',
  interactive: boolean,
  ci = 'false',
  all = states,
): string {
  const out: string[] = []
  const err: string[] = []
  const display = displayProgress(
    {
      config: loadConfig({ CI: ci }),
      terminal: { out: (text) => out.push(text), err: (text) => err.push(text), interactive },
      interrupted: new AbortController().signal,
      client: () => {
        throw new Error('Progress asks nobody.')
      },
      exitWith: () => {},
    },
    mode,
  )
  for (const state of all) display.show(state)
  display.end()
  expect(out).toEqual([])
  return err.join('')
}

it('draws one line over itself for a person at a terminal, and leaves nothing of it', () => {
  const [before, waiting, counting, running, done, after] = shown('auto', true).split('\r\u001b[K')
  expect({ before, waiting, after }).toEqual({ before: '', waiting: '  waiting for a worker', after: '' })
  expect(counting).toBe(`  ${'░'.repeat(28)}   …   500 rows  50 kB`)
  expect(running).toMatch(
    new RegExp(
      `^  ${'█'.repeat(20)}${'░'.repeat(8)}  71 %  71,000 / 100,000 rows  7\\.1 MB  20,000 rows/s, 1\\.5 s left$`,
    ),
  )
  expect(done).toBe(`  ${'█'.repeat(28)}  100 %  100,000 / 100,000 rows  10 MB`)
})

it('writes plain lines, few of them, where nobody watches or a log is written', () => {
  const lines = 'evalport: waiting for a worker\nevalport: 100% 100,000/100,000 rows\n'
  expect(shown('auto', false)).toBe(lines)
  expect(shown('auto', true, 'true')).toBe(lines)
  expect(shown('plain', true)).toBe(lines)
})

it('says what is only estimated, what stands still, and what is being cancelled', () => {
  const at = (change: Partial<JobState['progress']>, status: JobState['status'] = 'RUNNING') => {
    const state = job(status, 500, 2000)
    return { ...state, progress: { ...state.progress, ...change } }
  }
  const lines = [at({}), at({ isStalled: true }), at({}, 'CANCELLING')].map((state) =>
    shown('auto', true, 'false', [state]),
  )
  expect(lines[0]).toContain('500 / ~2,000 rows')
  expect(lines[1]).toContain('stalled at 500 rows')
  expect(lines[2]).toContain('being cancelled')
})

it('writes every state as a line of JSON when that is asked for, and nothing with none', () => {
  const lines = shown('json', true).trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { id: 'exp_1', status: 'QUEUED', rowsTotal: null, percent: null },
    { status: 'RUNNING', rowsWritten: 500, rowsTotal: null },
    { status: 'RUNNING', rowsWritten: 71_000, rowsTotal: 100_000, percent: 71 },
    { status: 'SUCCEEDED', percent: 100 },
  ])
  expect(shown('none', true)).toBe('')
})
