import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { useTestDatabase } from '../support/database.ts'
import { useExportingServer } from '../support/exporting-server.ts'
import { until } from '../support/processes.ts'

const database = useTestDatabase()
const server = useExportingServer(database, { rows: 300 })
const formats = ['CSV', 'JSON', 'NDJSON', 'XML']
const exports = 200

/** The most memory that a process has had, in MiB. */
const peak = (pid: number) =>
  Number(/VmHWM:\s*(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024

it(
  'ends two hundred exports that are asked for at once, each in its first attempt',
  { timeout: 120_000 },
  async () => {
    const worker = server.startWorker()
    await until('the worker is ready', () => worker.stderr().includes('working on'))
    const ids = await Promise.all(Array.from({ length: exports }, (_, i) => server.start(formats[i % 4]!)))
    const sql = database.client()
    await until(
      'all have ended',
      async () => {
        const [left] =
          await sql`select count(*)::int as count from export_jobs where status in ('QUEUED', 'RUNNING')`
        return left!['count'] === 0
      },
      90_000,
    )
    for (const id of ids) expect(await server.expectWhole(id)).toMatchObject({ attempt: 1, losses: 0 })
    // Both had some of them; what a process needs for them does not grow with their number.
    for (const each of [server.process(), worker]) {
      expect(each.stderr()).toContain('the export starts')
      if (process.platform === 'linux') expect(peak(each.pid)).toBeLessThan(500)
    }
  },
)
