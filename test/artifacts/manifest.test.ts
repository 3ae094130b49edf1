import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { canonicalJson } from '../../src/artifacts/canonical-json.ts'
import { isSignatureWhole, manifestSigner, signedText } from '../../src/artifacts/manifest-signature.ts'
import { buildManifest, manifestText } from '../../src/artifacts/manifest.ts'
import { parseSums, sumsText } from '../../src/artifacts/sha256-sums.ts'
import { manifestSchema, type Manifest } from '../../src/core/manifest.ts'
import { formatters } from '../../src/formatters/registry.ts'
import { fixedSigner, folderWith, makeExport, removeFoldersAfterwards, sha256Of } from './signed-export.ts'

removeFoldersAfterwards()
const profile = JSON.parse(
  readFileSync(new URL('../fixtures/data-package/datapackage-2.0.json', import.meta.url), 'utf8'),
) as object
const ajv = addFormats.default(new Ajv({ allErrors: true, strict: false }))
const isDataPackage = ajv.compile(profile)

describe('a manifest', () => {
  it('is the same text for the same facts', async () => {
    const { facts, manifest } = makeExport('csv', { partRows: 30 })
    expect(buildManifest(facts)).toEqual(buildManifest(structuredClone(facts)))
    await expect(manifestText(manifest)).toMatchFileSnapshot('../golden/datapackage.json')
  })

  it.each(formatters.map(({ id }) => id))('is a valid Data Package, and one of ours: %s', (format) => {
    for (const rows of [undefined, []]) {
      const { manifest } = makeExport(format, rows && { rows })
      isDataPackage(manifest)
      expect(isDataPackage.errors ?? []).toEqual([])
      expect(manifestSchema.parse(JSON.parse(manifestText(manifest)))).toEqual(manifest)
    }
  })

  it('would not be valid with another type, path, hash or key', () => {
    const { manifest } = makeExport('csv')
    const [resource] = manifest.resources
    const wrong: object[] = [
      { path: '../results.csv' },
      { hash: 'sha256:nothing' },
      { bytes: '12' },
      { type: 'tables' },
      { schema: { fields: [] } },
      { schema: { fields: [{ name: 'id', type: 'text' }] } },
      { schema: { ...resource.schema, primaryKey: [] } },
      { dialect: { header: 'yes' } },
    ]
    for (const each of wrong)
      expect(
        isDataPackage({ ...manifest, resources: [{ ...resource, ...each }] }),
        JSON.stringify(each),
      ).toBe(false)
  })

  it('has no number but whole ones, and not the words of the reason', () => {
    const { manifest } = makeExport('json')
    expect(manifest.evalport.filter).toEqual([{ field: 'score', operator: 'gte', value: '0.5' }])
    expect(manifest.evalport.reasonGiven).toBe(true)
    expect(manifestText(manifest)).not.toContain('the words of the reason')
    JSON.parse(manifestText(manifest), (_, value: unknown) => {
      if (typeof value === 'number') expect(value).toSatisfy(Number.isSafeInteger)
      return value
    })
  })

  it('names the id as primary key only while every record has its own', () => {
    const { facts } = makeExport('csv')
    const keyWith = (privacy: 'keep' | 'pseudonymise' | 'generalise' | 'drop') => {
      const columns = facts.plan.columns.map((column) => ({ ...column, privacy }))
      return buildManifest({ ...facts, plan: { ...facts.plan, columns } }).resources[0].schema.primaryKey
    }
    expect(keyWith('keep')).toEqual(['id'])
    expect(keyWith('pseudonymise')).toEqual(['id'])
    expect(keyWith('generalise')).toBeUndefined()
    expect(keyWith('drop')).toBeUndefined()
  })
})

describe('canonical JSON', () => {
  test('the example of RFC 8785, 3.2.3', () => {
    const example = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    }
    expect(canonicalJson(example)).toBe(
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis","\u20ac":"Euro Sign","\ud83d\ude00":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    )
    const numbers: unknown = JSON.parse(
      '[333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001]',
    )
    expect(canonicalJson(numbers)).toBe('[333333333.3333333,1e+30,4.5,0.002,1e-27]')
  })

  it('is the same whatever the order of members, and says the same', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        fc.pre(JSON.stringify(value).isWellFormed())
        const shuffled: unknown = JSON.parse(JSON.stringify(value), (_, member: unknown) =>
          typeof member === 'object' && member !== null && !Array.isArray(member)
            ? Object.fromEntries(Object.entries(member).reverse())
            : member,
        )
        expect(canonicalJson(shuffled)).toBe(canonicalJson(value))
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('refuses what has no such form', () => {
    for (const value of [Number.NaN, Infinity, '\ud800', 1n, undefined, [undefined]])
      expect(() => canonicalJson(value)).toThrow()
  })
})

describe('the signature', () => {
  it('is that of RFC 8032 for its key and message', () => {
    expect(Buffer.from(fixedSigner.publicKey, 'base64').toString('hex')).toBe(
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    )
    expect(Buffer.from(fixedSigner.sign(''), 'base64').toString('hex')).toBe(
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    )
    expect(fixedSigner.keyId).toBe(sha256Of(Buffer.from(fixedSigner.publicKey, 'base64')).slice(0, 16))
  })

  it('covers every value of the manifest', () => {
    const { manifest } = makeExport('csv')
    expect(isSignatureWhole(manifest)).toBe(true)
    let changed = 0
    const visit = (value: unknown, set: (other: unknown) => void) => {
      if (Array.isArray(value) || (typeof value === 'object' && value !== null)) {
        const holder = value as Record<string, unknown>
        for (const name of Object.keys(holder))
          visit(holder[name], (other) => {
            const before = holder[name]
            holder[name] = other
            // Another key is none of Ed25519's, or another's.
            let isWhole: boolean
            try {
              isWhole = isSignatureWhole(copy)
            } catch {
              isWhole = false
            }
            expect(isWhole, name).toBe(false)
            holder[name] = before
          })
        return
      }
      changed++
      set(typeof value === 'number' ? value + 1 : typeof value === 'boolean' ? !value : `x${String(value)}`)
    }
    const copy = structuredClone(manifest)
    const { signature } = copy.evalport as { signature: { algorithm?: unknown } }
    expect(signature.algorithm).toBe('Ed25519')
    visit(copy, () => {})
    expect(changed).toBeGreaterThan(80)
    expect(isSignatureWhole(copy)).toBe(true)
  })

  it('does not quote what is no key', () => {
    const notKeys = ['hunter2', '-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----']
    for (const pem of notKeys) expect(() => manifestSigner(pem)).toThrow('not a private key in PEM')
  })

  const python = hasCryptography()
  it.skipIf(!python)('is checked by the Python lines of docs/proof.md', async () => {
    const page = readFileSync(new URL('../../docs/proof.md', import.meta.url), 'utf8')
    const snippet = /```python\n(?<code>.*?)```/s.exec(page)!.groups!['code']!
    const { manifest } = makeExport('csv')
    const check = async (text: string) => {
      const folder = await folderWith({ 'datapackage.json': text, 'check.py': snippet })
      return execFileSync('python3', ['check.py'], { cwd: folder, stdio: 'pipe' }).toString()
    }
    expect(await check(manifestText(manifest))).toContain(fixedSigner.keyId)
    const altered: Manifest = { ...manifest, created: '2026-11-23T09:15:02.500001Z' }
    await expect(check(manifestText(altered))).rejects.toThrow('InvalidSignature')
  })

  it('signs its own text without the value alone', () => {
    const { manifest } = makeExport('xml')
    const { value, ...rest } = manifest.evalport.signature
    expect(signedText(manifest)).toContain(rest.publicKey)
    expect(signedText(manifest)).not.toContain(value)
  })
})

function hasCryptography(): boolean {
  try {
    execFileSync('python3', ['-c', 'import cryptography'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe('sums', () => {
  const hard = [
    'results.csv',
    'two words.csv',
    'back\\slash',
    'line\nbreak',
    'cr\rhere',
    '*star',
    '-dash',
    'ünï😀',
  ]

  it.skipIf(!existsSync('/usr/bin/sha256sum'))('are those of sha256sum', async () => {
    const folder = await folderWith(Object.fromEntries(hard.map((name) => [name, `of ${name}`])))
    const ours = sumsText(hard.map((name) => ({ name, sha256: sha256Of(`of ${name}`) })))
    expect(execFileSync('sha256sum', ['--', ...hard], { cwd: folder }).toString()).toBe(ours)
    const checked = execFileSync('sha256sum', ['-c', '--strict', '-'], {
      cwd: folder,
      input: ours,
    }).toString()
    expect(checked.match(/: OK/g)).toHaveLength(hard.length)
  })

  it('reads back what it writes, and nothing else', () => {
    const sums = hard.map((name) => ({ name, sha256: sha256Of(name) }))
    expect(parseSums(sumsText(sums))).toEqual({ sums, badLines: [] })
    const line = sumsText([{ name: 'a', sha256: sha256Of('a') }])
    const others = [
      line.trimEnd(),
      line.replace('  ', ' '),
      line.replace('  ', ' *'),
      line.replace('\n', '\r\n'),
      line.toUpperCase(),
      ` ${line}`,
      `\\${line}`,
      '\n',
      'hello\n',
    ]
    for (const other of others) {
      const parsed = parseSums(other)
      const isOther = parsed.badLines.length === 1 || parsed.sums[0]!.name !== 'a'
      expect(isOther, JSON.stringify(other)).toBe(true)
    }
    expect(parseSums(`${line}\n${line}`).badLines).toEqual([2])
  })
})
