import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openFileStore } from '../../src/artifacts/file-store.ts'
import type { ArtifactStore } from '../../src/artifacts/store.ts'

let folder: string
let store: ArtifactStore
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'evalport-store-')), 'artifacts')
  store = await openFileStore(folder)
})
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }))

async function read(key: string): Promise<Buffer | undefined> {
  const artifact = await store.open(key)
  if (!artifact) return undefined
  const chunks: Buffer[] = []
  for await (const chunk of artifact.read(0, artifact.bytes)) chunks.push(Buffer.from(chunk))
  await artifact.close()
  return Buffer.concat(chunks)
}

it('keeps its folder and files to its own user', async () => {
  const writer = await store.begin('a.csv')
  await writer.append('x')
  await writer.commit()
  expect((await stat(folder)).mode & 0o777).toBe(0o700)
  expect((await stat(join(folder, 'a.csv'))).mode & 0o777).toBe(0o600)
})

it('shows nothing of an artifact before it is committed, and all of it after, with its digest', async () => {
  const writer = await store.begin('a.csv')
  const chunks = Array.from({ length: 50 }, (_, index) => Buffer.alloc(30_000, index))
  for (const chunk of chunks) {
    await writer.append(chunk)
    expect(await store.open('a.csv')).toBeUndefined()
    expect(await readdir(folder)).not.toContain('a.csv')
  }
  await writer.append('')
  await writer.append('ünï😀')
  const whole = Buffer.concat([...chunks, Buffer.from('ünï😀')])
  expect(writer.bytes).toBe(whole.length)
  const sha256 = createHash('sha256').update(whole).digest('hex')
  expect(await writer.commit()).toEqual({ bytes: whole.length, sha256 })
  expect((await read('a.csv'))!.equals(whole)).toBe(true)
  expect(await readdir(folder)).toEqual(['a.csv'])
})

it('keeps an empty artifact', async () => {
  const writer = await store.begin('empty.csv')
  expect((await writer.commit()).bytes).toBe(0)
  expect(await read('empty.csv')).toEqual(Buffer.alloc(0))
})

it('leaves nothing behind when it is aborted, however often', async () => {
  const writer = await store.begin('a.csv')
  await writer.append(Buffer.alloc(1_000_000))
  await writer.abort()
  await writer.abort()
  expect(await readdir(folder)).toEqual([])
})

it('keeps a committed artifact when it is aborted after', async () => {
  const writer = await store.begin('a.csv')
  await writer.append('whole')
  await writer.commit()
  await writer.abort()
  expect(await read('a.csv')).toEqual(Buffer.from('whole'))
})

it('replaces an artifact whole', async () => {
  for (const content of ['first and longer', 'second']) {
    const writer = await store.begin('a.csv')
    await writer.append(content)
    await writer.commit()
  }
  expect(await read('a.csv')).toEqual(Buffer.from('second'))
})

it('clears what a dead writer of the same key left, and of no other', async () => {
  await (await store.begin('a.csv')).append('left')
  await (await store.begin('b.csv')).append('goes on')
  const writer = await store.begin('a.csv')
  expect((await readdir(folder)).map((name) => name.slice(0, 12)).sort()).toEqual([
    '.part-a.csv-',
    '.part-b.csv-',
  ])
  await writer.abort()
  await store.remove('b.csv')
  expect(await readdir(folder)).toEqual([])
})

it('fails the commit of a writer whose part was cleared away, and leaves nothing', async () => {
  const old = await store.begin('a.csv')
  await old.append('old')
  const next = await store.begin('a.csv')
  await next.append('new')
  await next.commit()
  await expect(old.commit()).rejects.toThrow('ENOENT')
  await old.abort()
  expect(await read('a.csv')).toEqual(Buffer.from('new'))
  expect(await readdir(folder)).toEqual(['a.csv'])
})

it('leaves nothing when the artifact cannot take its place', async () => {
  await mkdir(join(folder, 'a.csv'))
  const writer = await store.begin('a.csv')
  await writer.append('x')
  await expect(writer.commit()).rejects.toThrow('EISDIR')
  await writer.abort()
  expect(await readdir(folder)).toEqual(['a.csv'])
})

it('removes an artifact and its parts, and minds none that is not there', async () => {
  const writer = await store.begin('a.csv')
  await writer.commit()
  await (await store.begin('a.csv')).append('x')
  await store.remove('a.csv')
  await store.remove('a.csv')
  expect(await readdir(folder)).toEqual([])
})

it('refuses every key that is no plain name', async () => {
  await writeFile(join(folder, '..', 'secret'), 'secret')
  for (const key of [
    '',
    '.',
    '..',
    '../secret',
    'a/b',
    '/etc/passwd',
    'a..b',
    '.part-a',
    'A.csv',
    'a\0.csv',
    'a\n',
    '-a',
    'ä',
    `a${'b'.repeat(250)}`,
  ]) {
    await expect(store.open(key), key).rejects.toThrow('not an artifact key')
    await expect(store.begin(key), key).rejects.toThrow('not an artifact key')
    await expect(store.remove(key), key).rejects.toThrow('not an artifact key')
  }
})

it('follows no symbolic link and reads nothing but regular files', async () => {
  await writeFile(join(folder, '..', 'secret'), 'secret')
  await symlink('../secret', join(folder, 'link.csv'))
  await expect(store.open('link.csv')).rejects.toThrow('ELOOP')
  await mkdir(join(folder, 'folder.csv'))
  await expect(store.open('folder.csv')).rejects.toThrow('not a regular file')
  // Opened plainly, a pipe without a writer would wait for ever.
  execFileSync('mkfifo', [join(folder, 'pipe.csv')])
  await expect(store.open('pipe.csv')).rejects.toThrow('not a regular file')

  const writer = await store.begin('link.csv')
  await writer.append('ours')
  await writer.commit()
  expect(await readFile(join(folder, '..', 'secret'), 'utf8')).toBe('secret')
  expect(await read('link.csv')).toEqual(Buffer.from('ours'))
})

it('fails, and says why, when its folder cannot be written to', async () => {
  await rm(folder, { recursive: true })
  await expect(store.begin('a.csv')).rejects.toThrow('ENOENT')
  await writeFile(folder, '')
  await expect(store.begin('a.csv')).rejects.toThrow('ENOTDIR')
  await expect(openFileStore(join(folder, 'inside'))).rejects.toThrow('ENOTDIR')
})

it('fails when the disk takes no more, and leaves nothing', () => {
  // A limit on the size of files is the nearest to a full disk that needs no disk; it holds for a process and its children.
  const store = fileURLToPath(new URL('../../src/artifacts/file-store.ts', import.meta.url))
  const script = `
    const { openFileStore } = await import(${JSON.stringify(store)})
    const writer = await (await openFileStore(${JSON.stringify(folder)})).begin('a.csv')
    try {
      for (let chunk = 0; chunk < 3; chunk++) await writer.append(Buffer.alloc(100_000))
      await writer.commit()
    } catch (error) {
      await writer.abort()
      console.log(error.code)
    }`
  const told = execFileSync('sh', [
    '-c',
    'ulimit -f 256; exec "$0" --input-type=module -e "$1"',
    process.execPath,
    script,
  ])
  expect(told.toString()).toBe('EFBIG\n')
  expect(readdirSync(folder)).toEqual([])
})
