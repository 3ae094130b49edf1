import { execFileSync } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { afterAll, afterEach, expect, it, vi } from 'vitest'
import { useDisturbedExports } from '../support/disturbed-exports.ts'
import { until } from '../support/processes.ts'

// Processes start, and other tests take their share of the machine.
vi.setConfig({ testTimeout: 120_000 })
const exports = useDisturbedExports()
const artifacts = () => exports.folder()

const failure = {
  code: 'STORAGE_FULL',
  message: 'The export storage is full. Nothing partial was kept.',
  hint: 'Free space in the data folder, then start the export again.',
}

/** Whether this process may put a small file system in the place of a folder: root may, outside of most containers. */
const mayMount = (() => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()
let mounted = false
const mount = (bytes: number) => {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=700`, 'tmpfs', artifacts()])
  mounted = true
}
const unmount = () => {
  if (mounted) execFileSync('umount', [artifacts()])
  mounted = false
}
afterEach(unmount)
afterAll(unmount)

const ended = (id: string) =>
  until(`${id} has ended`, async () =>
    ['SUCCEEDED', 'FAILED'].includes((await exports.job(id))['status'] as string),
  )
const small = { source: { evaluationResults: { where: { testId: { eq: 'lop_eval_1__generated_test' } } } } }

/** Starts one export that does not fit and one that does. */
async function expectOnlyTheLargeToFail(): Promise<void> {
  const large = await exports.start('NDJSON')
  const fitting = await exports.start('NDJSON', small)
  await ended(large)
  await ended(fitting)
  expect(await exports.job(large)).toMatchObject({ status: 'FAILED', failure, losses: 0, attempt: 1 })
  await until('nothing of it is left', async () => (await exports.files(large)).length === 0)
  expect(await exports.job(fitting)).toMatchObject({ status: 'SUCCEEDED', failure: null })
}

it.skipIf(!mayMount)('fails the export that does not fit on the disk, and that one alone', async () => {
  await exports.whole('NDJSON')
  mount(1024 * 1024)
  exports.startWorker()
  await expectOnlyTheLargeToFail()
  execFileSync('mount', ['-o', 'remount,size=64m', artifacts()])
  const again = await exports.start('NDJSON')
  await ended(again)
  await exports.expectWhole(again, 'NDJSON')
})

it.skipIf(!mayMount)('keeps nothing when the file fits to its last byte but its proof does not', async () => {
  const id = await exports.start('CSV')
  await exports.goOn(id)
  const pages = Math.ceil(Number((await exports.job(id))['bytes_written']) / 4096)
  mount(pages * 4096)
  const second = await exports.start('CSV')
  await exports.goOn(second)
  expect(await exports.job(second)).toMatchObject({ status: 'FAILED', failure, sha256: null })
  expect(await readdir(artifacts())).toEqual([])
})

it.skipIf(process.platform !== 'linux')(
  'fails the export that is larger than files may be, and that one alone',
  async () => {
    await exports.whole('NDJSON')
    const worker = exports.startWorker()
    await until('it works', () => worker.stderr().includes('working on'))
    const limit = (soft: string) =>
      execFileSync('prlimit', ['--pid', String(worker.pid), `--fsize=${soft}:unlimited`])
    limit(String(1024 * 1024))
    await expectOnlyTheLargeToFail()
    limit('unlimited')
    const again = await exports.start('NDJSON')
    await ended(again)
    await exports.expectWhole(again, 'NDJSON')
  },
)
