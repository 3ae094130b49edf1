import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { runCli } from '../support/cli.ts'
import type { Fault } from '../support/die-at.ts'
import { death, partBytes, useDisturbedExports } from '../support/disturbed-exports.ts'

// Processes start, and other tests take their share of the machine.
vi.setConfig({ testTimeout: 120_000 })
const exports = useDisturbedExports()
let saved: string
beforeAll(async () => {
  saved = await mkdtemp(join(tmpdir(), 'evalport-steps-'))
})
afterAll(() => rm(saved, { recursive: true, force: true }))

type At = NonNullable<Fault['at']>
const data = String.raw`\.(ndjson|csv)(-|$)`
const manifest = String.raw`\.datapackage\.json(-|$)`
const sums = String.raw`\.sha256sums(-|$)`
const folder = String.raw`/artifacts$`
const at = (call: At['call'], file: string, nth: number, when: At['when']): At => ({ call, file, nth, when })

const steps: readonly [string, At][] = [
  ['before the file is opened', at('open', data, 1, 'before')],
  ['before its first write', at('write', data, 1, 'before')],
  ['in the middle of a write', at('write', data, 17, 'half')],
  ['after a write', at('write', data, 18, 'after')],
  ['before a part is flushed', at('datasync', data, 2, 'before')],
  ['after a part was flushed', at('datasync', data, 3, 'after')],
  ['before the file is renamed', at('rename', data, 1, 'before')],
  ['after the file was renamed', at('rename', data, 1, 'after')],
  ['before its folder is flushed', at('sync', folder, 1, 'before')],
  ['after its folder was flushed', at('sync', folder, 1, 'after')],
  ['in the middle of writing the manifest', at('write', manifest, 1, 'half')],
  ['before the manifest is flushed', at('datasync', manifest, 1, 'before')],
  ['before the manifest is renamed', at('rename', manifest, 1, 'before')],
  ['after the manifest was renamed', at('rename', manifest, 1, 'after')],
  ['before the sums are written', at('write', sums, 1, 'before')],
  ['after the sums were flushed', at('datasync', sums, 1, 'after')],
  ['after the sums were renamed', at('rename', sums, 1, 'after')],
  ['after all folders were flushed', at('sync', folder, 3, 'after')],
]
// Every second step with the power, and each way of dying in both formats.
const cases = steps.map(([name, step], index) => ({
  name,
  at: step,
  how: index % 2 === 0 ? ('kill' as const) : ('power' as const),
  format: index % 4 < 2 ? 'NDJSON' : 'CSV',
}))

it.each(cases)('$format, $how: ends with the same bytes when its worker dies $name', async (step) => {
  const { at: where, how, format } = step
  await exports.whole(format)
  const id = await exports.start(format)
  expect(await death(exports.startWorker({ fault: { at: where, how } }))).toBe('SIGKILL')
  expect(await exports.job(id)).toMatchObject({ status: 'RUNNING', attempt: 1 })
  const kept = await exports.parts(id)
  await expectLittleLost(id, kept)
  await exports.endLease(id)
  await exports.goOn(id)
  await exports.expectWhole(id, format)
  expect((await exports.job(id))['attempt']).toBe(2)
  const parts = await exports.parts(id)
  expect(parts.filter(({ attempt }) => attempt === 1)).toEqual(kept)
  await exports.save(id, join(saved, id))
})

/** Of what was written, no more than the part whose commit was under way, and the one that was open, is not in a part. */
async function expectLittleLost(id: string, kept: readonly { bytes: number }[]): Promise<void> {
  const names = (await exports.files(id)).filter((name) => new RegExp(data).test(name))
  expect(names.length).toBeLessThanOrEqual(1)
  const written = names[0] === undefined ? 0 : (await stat(join(exports.folder(), names[0]))).size
  const inParts = kept.reduce((sum, { bytes }) => sum + bytes, 0)
  expect(written).toBeGreaterThanOrEqual(inParts)
  // A part ends with the batch that fills it.
  expect(written - inParts).toBeLessThan(2 * partBytes * 1.6)
}

it('leaves proofs that verify, whatever step their workers died at', async () => {
  const folders = await readdir(saved)
  expect(folders).toHaveLength(cases.length)
  const { code, stdout, stderr } = await runCli(['verify', saved, '--json'])
  expect(code, stdout + stderr).toBe(0)
  expect((JSON.parse(stdout) as { exports: unknown[] }).exports).toHaveLength(cases.length)
})
