import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { VerifyReport } from '../../src/artifacts/verify/verify.ts'
import {
  filesOf,
  fixedSigner,
  folderWith,
  makeExport,
  removeFoldersAfterwards,
} from '../artifacts/signed-export.ts'
import { killLeftovers, startCli } from '../support/cli.ts'

removeFoldersAfterwards()
afterAll(killLeftovers)

/** Without a data folder, a server or a key: it must need none. */
const verify = (...args: string[]) =>
  startCli(['verify', ...args], { env: { HOME: '/nonexistent', EVALPORT_URL: 'http://127.0.0.1:1' } }).ended()

describe('evalport verify', () => {
  it('ends with 0 for what is whole, and says what that is', async () => {
    const folder = await folderWith(filesOf(makeExport('csv')))
    const unasked = await verify(folder)
    expect(unasked).toMatchObject({ code: 0, stderr: '' })
    expect(unasked.stdout).toContain('✓ results.csv: 50 rows')
    expect(unasked.stdout).toContain('whose that is was not checked')
    const asked = await verify(join(folder, 'results.csv'), '--public-key', fixedSigner.keyId)
    expect(asked).toMatchObject({ code: 0, stderr: '' })
    expect(asked.stdout).toContain('as expected')
    expect(asked.stdout).not.toContain('Note')
  })

  it('ends with 7 for what is not, and names it', async () => {
    const files = filesOf(makeExport('json'))
    const data = Buffer.from(files['results.json']!)
    data[data.length - 100]! ^= 1
    const folder = await folderWith({ ...files, 'results.json': data })
    const words = await verify(folder)
    expect(words.code).toBe(7)
    expect(words.stdout).toContain('✗ results.json, part 3 of 3, rows 41 to 50, bytes ')
    expect(words.stderr).toContain('CHECKSUM_MISMATCH, exit 7')
    const json = await verify(folder, '--json')
    expect(json.code).toBe(7)
    const report = JSON.parse(json.stdout) as VerifyReport
    expect(report.whole).toBe(false)
    expect(report.problems.map(({ kind }) => kind)).toEqual(['DIGEST', 'PART'])
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: 'CHECKSUM_MISMATCH' } })
  })

  it('ends with 2 for what cannot be proven, and for a key that is none', async () => {
    const folder = await folderWith({ 'results.csv': 'a\r\n' })
    expect(await verify(join(folder, 'results.csv'))).toMatchObject({ code: 2, stdout: '' })
    expect(await verify()).toMatchObject({ code: 2, stdout: '' })
    await writeFile(join(folder, 'key'), 'hunter2')
    const wrongKey = await verify(folder, '--public-key', join(folder, 'key'))
    expect(wrongKey.code).toBe(2)
    expect(wrongKey.stderr).not.toContain('hunter2')
  })
})
