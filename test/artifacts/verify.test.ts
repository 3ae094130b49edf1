import { execFileSync } from 'node:child_process'
import { appendFile, copyFile, mkdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { signManifest } from '../../src/artifacts/manifest-signature.ts'
import { buildManifest, manifestText, type ManifestFacts } from '../../src/artifacts/manifest.ts'
import { sumsText } from '../../src/artifacts/sha256-sums.ts'
import { expectedKey } from '../../src/artifacts/verify/public-key.ts'
import { verifyExports, type VerifyReport } from '../../src/artifacts/verify/verify.ts'
import { formatters } from '../../src/formatters/registry.ts'
import {
  filesOf,
  fixedSigner,
  folderWith,
  makeExport,
  newSigner,
  removeFoldersAfterwards,
  sha256Of,
  testRows,
  type MadeExport,
} from './signed-export.ts'

removeFoldersAfterwards()
const key = await expectedKey(fixedSigner.keyId)
const verify = (path: string) => verifyExports(path, key)
const kindsIn = ({ problems }: VerifyReport) => [...new Set(problems.map(({ kind }) => kind))].sort()
const inWords = ({ problems }: VerifyReport) =>
  problems.map(({ file, where, message }) => `${file}, ${where ?? '-'}: ${message}`)
const csvFiles = () => filesOf(makeExport('csv'))

describe.each(formatters.map(({ id }) => id))('a whole export: %s', (format) => {
  it.each([
    ['rows', {}],
    ['one row', { rows: testRows(1) }],
    ['no rows', { rows: [] }],
    ['parts of one row', { partRows: 1 }],
  ])('with %s', async (_, options) => {
    const folder = await folderWith(filesOf(makeExport(format, options)))
    const report = await verify(folder)
    expect(inWords(report)).toEqual([])
    expect(report).toMatchObject({ whole: true, signerChecked: true, notes: [] })
    for (const name of [`results.${format}`, 'datapackage.json', 'SHA256SUMS'])
      expect(await verify(join(folder, name)), name).toEqual(report)
  })

  it('is read by its format, past every size of chunk', async () => {
    // Its digests are right: only the rows and columns differ from what the manifest says.
    const made = makeExport(format, { rows: testRows(4500), partRows: 1500 })
    expect(made.data.length).toBeGreaterThan(512 * 1024)
    expect(await verify(await folderWith(filesOf(made)))).toMatchObject({ whole: true })
    const wrongCount = lying(made, (facts) => ({
      ...facts,
      rows: 4499,
      keys: { ...facts.keys, count: 4499n },
      parts: facts.parts.map((part, index) => (index === 2 ? { ...part, rows: 1499 } : part)),
    }))
    expect(inWords(await verify(await folderWith(filesOf(wrongCount))))).toEqual([
      `results.${format}, -: It holds 4500 rows, and 4499 were written.`,
    ])
    const renamed = lying(made, (facts) => {
      const columns = facts.plan.columns.map((column) =>
        column.header === 'passed' ? { ...column, header: 'failed' } : column,
      )
      return { ...facts, plan: { ...facts.plan, columns } }
    })
    expect(kindsIn(await verify(await folderWith(filesOf(renamed))))).toEqual(['COLUMNS'])
  })

  it('cut where it is no longer one, it is said to be broken, with right digests', async () => {
    const made = makeExport(format, { rows: testRows(3), partRows: 3 })
    const data = made.data.subarray(0, made.data.length - 12)
    const cut = lying({ ...made, data }, (facts) => ({
      ...facts,
      file: { ...facts.file, bytes: data.length, sha256: sha256Of(data) },
      parts: [{ rows: 3, bytes: data.length, sha256: sha256Of(data) }],
    }))
    expect(kindsIn(await verify(await folderWith(filesOf(cut))))).toEqual(['FORMAT'])
  })
})

/** Another manifest by the same key: what only the file itself can gainsay. */
function lying(made: MadeExport, lie: (facts: ManifestFacts) => ManifestFacts): MadeExport {
  const facts = lie(made.facts)
  return { ...made, facts, manifest: signManifest(buildManifest(facts), fixedSigner) }
}

describe('one changed byte is named', () => {
  it.each([
    ...formatters.map(({ id }) => [id, `results.${id}`] as const),
    ['csv', 'datapackage.json'] as const,
    ['csv', 'SHA256SUMS'] as const,
  ])('%s: 100 of 100 in %s', async (format, name) => {
    const files = filesOf(makeExport(format))
    const whole = files[name]!
    const folder = await folderWith(files)
    let named = 0
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: whole.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        fc.constantFrom(folder, join(folder, name)),
        async (at, flip, path) => {
          const flipped = Buffer.from(whole)
          flipped[at] = flipped[at]! ^ flip
          await writeFile(join(folder, name), flipped)
          const report = await verify(path)
          expect(report.whole).toBe(false)
          expect(report.problems.some((problem) => problem.file === name)).toBe(true)
          named++
        },
      ),
      { numRuns: 100 },
    )
    expect(named).toBe(100)
  })

  it('in every byte of sums and every space of the manifest', async () => {
    const files = csvFiles()
    const folder = await folderWith(files)
    for (const name of ['SHA256SUMS', 'datapackage.json']) {
      const whole = files[name]!
      for (let at = 0; at < whole.length; at++) {
        if (name === 'datapackage.json' && (whole[at]! > 0x20 || at % 7 !== 0)) continue
        const flipped = Buffer.from(whole)
        flipped[at] = flipped[at] === 0x20 ? 0x09 : flipped[at]! ^ 0x20
        await writeFile(join(folder, name), flipped)
        const report = await verify(folder)
        expect(
          report.problems.map(({ file }) => file),
          `${name} at ${at}`,
        ).toContain(name)
      }
      await writeFile(join(folder, name), whole)
    }
  })

  it('by its part, rows and bytes', async () => {
    const made = makeExport('csv', { rows: testRows(50), partRows: 10 })
    const files = filesOf(made)
    const { parts } = made.manifest.evalport
    const data = Buffer.from(files['results.csv']!)
    for (const part of [parts[1]!, parts[3]!, parts[4]!]) data[part.offset]! ^= 1
    const folder = await folderWith({ ...files, 'results.csv': data })
    const where = (await verify(folder)).problems
      .filter(({ kind }) => kind === 'PART')
      .map((each) => each.where)
    const last = (index: number) => parts[index]!.offset + parts[index]!.bytes - 1
    expect(where).toEqual([
      `part 2 of 5, rows 11 to 20, bytes ${parts[1]!.offset} to ${last(1)}`,
      `parts 4 to 5 of 5, rows 31 to 50, bytes ${parts[3]!.offset} to ${last(4)}`,
    ])
  })
})

describe('what happens to files', () => {
  test('truncated, at any byte', async () => {
    const files = csvFiles()
    const { length } = files['results.csv']!
    const folder = await folderWith(files)
    for (const bytes of [length - 1, length - 2, Math.floor(length / 2), 1, 0]) {
      await writeFile(join(folder, 'results.csv'), files['results.csv']!.subarray(0, bytes))
      const report = await verify(folder)
      expect(kindsIn(report)).toEqual(expect.arrayContaining(['DIGEST', 'PART', 'SIZE']))
      expect(inWords(report)[0]).toContain(`${length - bytes} are missing`)
    }
  })

  test('extended', async () => {
    const folder = await folderWith(csvFiles())
    await appendFile(join(folder, 'results.csv'), '"evr_51"\r\n')
    const report = await verify(folder)
    expect(kindsIn(report)).toEqual(['SIZE'])
    expect(inWords(report)[0]).toMatch(/10 too many/)
  })

  test('extended by a terabyte that takes no room', async () => {
    const folder = await folderWith(csvFiles())
    await truncate(join(folder, 'results.csv'), 2 ** 40)
    expect(kindsIn(await verify(folder))).toEqual(['SIZE'])
  })

  test('emptied', async () => {
    for (const name of ['results.csv', 'datapackage.json', 'SHA256SUMS']) {
      const folder = await folderWith({ ...csvFiles(), [name]: '' })
      expect(inWords(await verify(folder)).join('\n')).toContain(name)
    }
  })

  test('missing', async () => {
    for (const [name, kinds] of [
      ['results.csv', ['MISSING']],
      ['datapackage.json', ['MISSING']],
    ] as const) {
      const folder = await folderWith(csvFiles())
      await rm(join(folder, name))
      expect(kindsIn(await verify(folder))).toEqual(kinds)
    }
    const folder = await folderWith(csvFiles())
    await rm(join(folder, 'SHA256SUMS'))
    const report = await verify(folder)
    expect(report.whole).toBe(true)
    expect(report.notes.join()).toContain('no sums')
  })

  test('renamed', async () => {
    const folder = await folderWith(csvFiles())
    await rename(join(folder, 'results.csv'), join(folder, 'mine.csv'))
    expect(inWords(await verify(folder))).toEqual(['results.csv, -: The data file is not there.'])
    await expect(verify(join(folder, 'mine.csv'))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      hint: expect.stringContaining('results.csv') as string,
    })
  })

  test('swapped for another export, and its bytes for those of another', async () => {
    const one = csvFiles()
    const other = filesOf(makeExport('csv', { rows: testRows(40) }))
    const kinds = { 'results.csv': 'DIGEST', 'datapackage.json': 'SUMS', SHA256SUMS: 'SUMS' }
    for (const [name, kind] of Object.entries(kinds)) {
      const report = await verify(await folderWith({ ...one, [name]: other[name]! }))
      expect(kindsIn(report)).toContain(kind)
    }
    const data = Buffer.from(one['results.csv']!)
    data.copy(data, 200, 300, 400)
    expect((await verify(await folderWith({ ...one, 'results.csv': data }))).whole).toBe(false)
  })

  test('doubled: sums, names in the manifest, manifests', async () => {
    const files = csvFiles()
    const twice = `${files['SHA256SUMS']!.toString()}${files['SHA256SUMS']!.toString()}`
    expect(inWords(await verify(await folderWith({ ...files, SHA256SUMS: twice }))).join()).toContain(
      'more than one sum',
    )
    const text = files['datapackage.json']!.toString().replace('"rows": 50,', '"rows": 49,\n    "rows": 50,')
    const { 'results.csv': data } = files
    const report = await verify(await folderWith({ 'results.csv': data!, 'datapackage.json': text }))
    expect(inWords(report).join()).toContain('not byte for byte')
    const folder = await folderWith(files)
    await copyFile(join(folder, 'datapackage.json'), join(folder, 'copy.datapackage.json'))
    expect(inWords(await verify(folder)).join()).toContain('There is no sum for "copy.datapackage.json"')
  })

  test('a link, a folder or a pipe in the place of a file', async () => {
    for (const name of ['results.csv', 'datapackage.json', 'SHA256SUMS']) {
      const files = csvFiles()
      const folder = await folderWith(files)
      const path = join(folder, name)
      await rename(path, join(folder, 'elsewhere'))
      await symlink('elsewhere', path)
      expect(inWords(await verify(folder)).join(), name).toContain('is a symbolic link')
      await rm(path)
      await mkdir(path)
      expect((await verify(folder)).whole, name).toBe(false)
      await rm(path, { recursive: true })
      execFileSync('mkfifo', [path])
      expect(inWords(await verify(folder)).join(), name).toContain('is no regular file')
    }
  })

  test('names that are no UTF-8 beside it', async () => {
    const folder = await folderWith(csvFiles())
    const name = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe]), Buffer.from('.csv')])
    await writeFile(name, 'x')
    await mkdir(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xc3, 0x28])]))
    expect(await verify(folder)).toMatchObject({ whole: true })
  })
})

describe('the manifest', () => {
  it('cannot point out of its folder', async () => {
    for (const path of ['../secret', '/etc/hostname', 'a/b', '.hidden', '..', 'http://host/file', 'a\0b']) {
      const made = makeExport('csv', { name: path })
      const { SHA256SUMS: _, ...files } = filesOf(made)
      const folder = await folderWith({ 'datapackage.json': files['datapackage.json']! })
      expect(inWords(await verify(folder)).join(), path).toContain('same folder')
    }
  })

  it('names all that is wrong with it at once, and what contradicts itself', async () => {
    const { manifest, data } = makeExport('csv')
    const wrong = structuredClone(manifest) as unknown as Record<string, unknown>
    wrong['created'] = 'yesterday'
    wrong['more'] = 1
    ;(wrong['evalport'] as { rows: unknown }).rows = 'many'
    const files = { 'results.csv': data, 'datapackage.json': JSON.stringify(wrong) }
    expect(inWords(await verify(await folderWith(files))).length).toBeGreaterThanOrEqual(3)

    const made = lying(makeExport('csv'), (facts) => ({
      ...facts,
      rows: 7,
      parts: facts.parts.map((part) => ({ ...part, bytes: part.bytes + 1 })),
    }))
    const words = inWords(await verify(await folderWith(filesOf(made)))).join('\n')
    expect(words).toMatch(/The parts have \d+ bytes/)
    expect(words).toContain('The parts have 50 rows, and the file 7.')
    expect(words).toContain('50 keys were folded, of 7 rows.')
  })

  it('cannot be added to where nobody looks', async () => {
    const made = makeExport('csv')
    const text = manifestText(made.manifest)
    for (const name of ['__proto__', 'constructor', 'hidden']) {
      const more = text.replace('"options": {}', `"options": {\n        "${name}": {}\n      }`)
      expect(more).not.toBe(text)
      const report = await verify(await folderWith({ 'results.csv': made.data, 'datapackage.json': more }))
      expect(kindsIn(report), name).toContain('SIGNATURE')
    }
  })

  it('that no reader can follow is no reason to crash', async () => {
    const dialects = [{ delimiter: '' }, { quoteChar: 'xx' }, { lineTerminator: '' }, { delimiter: '"' }]
    for (const dialect of dialects) {
      const made = lying(makeExport('csv'), (facts) => ({ ...facts, format: { ...facts.format, dialect } }))
      expect((await verify(await folderWith(filesOf(made)))).whole, JSON.stringify(dialect)).toBe(false)
    }
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`
    const report = await verify(await folderWith({ 'datapackage.json': deep }))
    expect(inWords(report).join()).toContain('nested deeper')
  })

  it('of a later version is not judged', async () => {
    const { manifest } = makeExport('csv')
    const later = { ...manifest, evalport: { ...manifest.evalport, manifestVersion: 2 } }
    const report = await verify(await folderWith({ 'datapackage.json': manifestText(later as never) }))
    expect(inWords(report)).toHaveLength(1)
    expect(inWords(report)[0]).toContain('update Evalport')
  })

  it('that is nothing of the kind is no reason to crash', async () => {
    for (const text of ['null', '[]', '1', '"x"', '{"evalport":null}', '\ufeff{}', '{', '\0'.repeat(100)]) {
      const report = await verify(await folderWith({ 'datapackage.json': text }))
      expect(report.whole, text).toBe(false)
    }
  })
})

describe('the signer', () => {
  const forged = () => makeExport('csv', { signer: newSigner() })

  it('is asked for: whoever signs anew is found out with a key, and only then', async () => {
    const folder = await folderWith(filesOf(forged()))
    expect(kindsIn(await verify(folder))).toEqual(['SIGNER'])
    const unasked = await verifyExports(folder, undefined)
    expect(unasked).toMatchObject({ whole: true, signerChecked: false })
    expect(unasked.notes.join()).toContain('was not checked')
  })

  it('cannot be renamed', async () => {
    const { manifest, data } = forged()
    const { signature } = manifest.evalport
    const { keyId, publicKey } = fixedSigner
    for (const other of [{ keyId }, { publicKey }, { keyId, publicKey }]) {
      const evalport = { ...manifest.evalport, signature: { ...signature, ...other } }
      const files = filesOf({ ...makeExport('csv'), manifest: { ...manifest, evalport }, data })
      expect(kindsIn(await verify(await folderWith(files)))).toContain('SIGNATURE')
    }
  })

  it('is known by id, fingerprint, PEM, JWK and base64', async () => {
    const raw = Buffer.from(fixedSigner.publicKey, 'base64')
    const folder = await folderWith({
      ...csvFiles(),
      pem: fixedSigner.publicKeyPem,
      jwk: JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }),
      base64: `${fixedSigner.publicKey}\n`,
      other: newSigner().publicKeyPem,
      none: 'hunter2',
    })
    const ways = ['pem', 'jwk', 'base64'].map((name) => join(folder, name))
    for (const way of [...ways, sha256Of(raw), fixedSigner.keyId.toUpperCase()])
      expect(await verifyExports(folder, await expectedKey(way)), way).toMatchObject({ whole: true })
    const other = await expectedKey(join(folder, 'other'))
    expect(kindsIn(await verifyExports(folder, other))).toEqual(['SIGNER'])
    await expect(expectedKey(join(folder, 'none'))).rejects.toThrow('no Ed25519 public key')
    await expect(expectedKey(join(folder, 'nowhere'))).rejects.toThrow('ENOENT')
  })
})

describe('several exports', () => {
  const named = (name: string, rows: number) => {
    const made = makeExport('csv', { name: `${name}.csv`, rows: testRows(rows) })
    const text = manifestText(made.manifest)
    return {
      [`${name}.csv`]: made.data,
      [`${name}.datapackage.json`]: Buffer.from(text),
      [`${name}.SHA256SUMS`]: Buffer.from(
        sumsText([
          { name: `${name}.csv`, sha256: sha256Of(made.data) },
          { name: `${name}.datapackage.json`, sha256: sha256Of(text) },
        ]),
      ),
    }
  }

  it('in one folder are told apart', async () => {
    const folder = await folderWith({ ...named('one', 10), ...named('two', 20), 'notes.txt': 'x' })
    const report = await verify(folder)
    expect(inWords(report)).toEqual([])
    expect(report.exports.map(({ data, rows }) => [data, rows])).toEqual([
      ['one.csv', 10],
      ['two.csv', 20],
    ])
    await writeFile(join(folder, 'two.csv'), 'x')
    expect((await verify(folder)).problems.every(({ file }) => file === 'two.csv')).toBe(true)
    await writeFile(join(folder, 'two.SHA256SUMS'), 'x')
    expect((await verify(join(folder, 'one.csv'))).whole).toBe(true)
    expect((await verify(join(folder, 'one.SHA256SUMS'))).whole).toBe(true)
    expect((await verify(join(folder, 'two.datapackage.json'))).whole).toBe(false)
  })

  it('in a folder each are named by it', async () => {
    const folder = await folderWith()
    for (const name of ['a', 'b', 'c']) {
      await mkdir(join(folder, name))
      for (const [file, content] of Object.entries(csvFiles()))
        await writeFile(join(folder, name, file), content)
    }
    await writeFile(join(folder, 'b', 'results.csv'), 'x')
    const report = await verify(folder)
    expect(report.exports).toHaveLength(3)
    expect(new Set(report.problems.map(({ file }) => file))).toEqual(new Set(['b/results.csv']))
  })
})

it('stops when it is told to', async () => {
  const reason = new Error('enough')
  await expect(verifyExports(await folderWith(csvFiles()), key, AbortSignal.abort(reason))).rejects.toBe(
    reason,
  )
})

describe('what cannot be proven', () => {
  it('is refused as such', async () => {
    const { 'results.csv': data, SHA256SUMS: sums } = csvFiles()
    const alone = await folderWith({ 'results.csv': data! })
    const refused = { code: 'INVALID_INPUT' }
    await expect(verify(alone)).rejects.toMatchObject(refused)
    await expect(verify(join(alone, 'results.csv'))).rejects.toMatchObject(refused)
    await expect(verify(join(alone, 'nothing'))).rejects.toMatchObject(refused)
    const oneSum = sums!.toString().split('\n')[0]!
    const withSum = await folderWith({ 'results.csv': data!, SHA256SUMS: `${oneSum}\n` })
    await expect(verify(withSum)).rejects.toMatchObject(refused)
    const linked = await folderWith(csvFiles())
    await symlink('results.csv', join(linked, 'link.csv'))
    await expect(verify(join(linked, 'link.csv'))).rejects.toMatchObject(refused)
  })
})
