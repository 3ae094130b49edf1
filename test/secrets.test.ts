import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig } from '../src/config.ts'
import { openDataFolder, type DataFolder } from '../src/data-folder.ts'
import { openManifestSigner } from '../src/secrets.ts'

let base: string
let folder: DataFolder
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'evalport-secrets-'))
  folder = await openDataFolder(base)
})
afterEach(() => rm(base, { recursive: true, force: true }))

const pemOf = (type: 'ed25519' | 'x25519') => {
  const { privateKey } = type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('x25519')
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

describe('the key that signs manifests', () => {
  it('is made at the first start, for its owner alone, and kept', async () => {
    const starts = await Promise.all([1, 2, 3].map(() => openManifestSigner(loadConfig({}), folder)))
    expect(new Set(starts.map(({ keyId }) => keyId)).size).toBe(1)
    const again = await openManifestSigner(loadConfig({}), folder)
    expect(again.keyId).toBe(starts[0]!.keyId)
    expect(await readdir(base)).toEqual(['manifest-signing.key'])
    const path = folder.path('manifest-signing.key')
    expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600')
    expect(createPrivateKey(await readFile(path, 'utf8')).asymmetricKeyType).toBe('ed25519')
  })

  it('may be set, also in one line', async () => {
    const pem = pemOf('ed25519')
    const { keyId } = await openManifestSigner(loadConfig({ EVALPORT_MANIFEST_KEY: pem }), folder)
    const oneLine = loadConfig({ EVALPORT_MANIFEST_KEY: pem.replaceAll('\n', '\\n') })
    expect((await openManifestSigner(oneLine, folder)).keyId).toBe(keyId)
    expect(await readdir(base)).toEqual([])
  })

  it('is refused by name, and not quoted, when it is none', async () => {
    const wrong = ['hunter2-hunter2', pemOf('x25519')]
    for (const text of wrong) {
      const config = loadConfig({ EVALPORT_MANIFEST_KEY: text })
      const error = await openManifestSigner(config, folder).catch((reason: Error) => reason)
      expect((error as Error).message).toMatch(/^EVALPORT_MANIFEST_KEY: .*openssl genpkey/)
      expect((error as Error).message).not.toContain(text.slice(30, 60) || 'hunter2')
    }
    await writeFile(folder.path('manifest-signing.key'), 'hunter2')
    await expect(openManifestSigner(loadConfig({}), folder)).rejects.toThrow(
      'manifest-signing.key: not a private',
    )
  })
})
