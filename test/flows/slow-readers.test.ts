import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, open, readdir, readlink, rm, truncate } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useTestApp } from '../support/app.ts'
import { killLeftovers, startServe, stop, type ServeProcess } from '../support/cli.ts'
import { useTestDatabase } from '../support/database.ts'
import { awaitJob, startExport, type TestJob } from '../support/exports.ts'
import { insertGeneratedRows } from '../support/generated-rows.ts'
import { eventually } from '../support/worker.ts'

/** More than the system keeps for a reader that does not read. */
const bytes = 32 * 1024 * 1024

/** A reader by hand: what comes stays on its way until it is asked for. */
class Reader {
  readonly socket: Socket
  /** How many bytes of the body came so far. */
  received = 0
  readonly hash = createHash('sha256')
  /** Whether the connection ended with an error. */
  failed = false
  private head = ''

  constructor(url: string) {
    const { hostname, port, pathname, search } = new URL(url)
    this.socket = connect(Number(port), hostname)
    this.socket.on('error', () => (this.failed = true))
    this.socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`)
  }

  /** Resolves with the answer's head; no more is read then. */
  async begin(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.socket.once('close', () => reject(new Error('closed before the head had come')))
      this.socket.once('data', (chunk) => {
        this.socket.pause()
        const at = chunk.indexOf('\r\n\r\n')
        this.head = chunk.subarray(0, at).toString()
        this.take(chunk.subarray(at + 4))
        resolve()
      })
    })
    return this.head
  }

  /** Reads on to the end. @param rest how long, in milliseconds, after each half of a megabyte */
  async finish(rest = 0): Promise<void> {
    const { socket } = this
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    let sinceRest = 0
    socket.on('data', (chunk) => {
      this.take(chunk)
      sinceRest += chunk.length
      if (rest === 0 || sinceRest < 512 * 1024) return
      sinceRest = 0
      socket.pause()
      void delay(rest).then(() => socket.resume())
    })
    socket.resume()
    await closed
  }

  private take(chunk: Uint8Array): void {
    this.received += chunk.length
    this.hash.update(chunk)
  }
}

describe('of a server of its own', () => {
  const database = useTestDatabase()
  let folder: string
  let server: ServeProcess
  let key: string

  async function query<Data>(text: string, variables: object = {}): Promise<Data> {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query: text, variables }),
    })
    return ((await response.json()) as { data: Data }).data
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evalport-slow-'))
    server = await startServe(folder, { DATABASE_URL: database.url() })
    key = readFileSync(join(folder, 'admin.key'), 'utf8').trim()
    await insertGeneratedRows(database.client(), 1, 2000)
  })
  afterAll(async () => {
    await stop(server)
    killLeftovers()
    await rm(folder, { recursive: true, force: true })
  })

  const memory = () =>
    Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))![1]) * 1024

  it.runIf(process.platform === 'linux')(
    '100 readers that do not read cost little memory, and hold up nobody',
    { timeout: 120_000 },
    async () => {
      const start = `mutation { startExport(input: { source: { evaluationResults: {} }, format: CSV }) {
        ... on StartExportSuccess { job { id } } } }`
      const ids = [1, 2].map(
        async () => (await query<{ startExport: { job: { id: string } } }>(start)).startExport.job.id,
      )
      const ask = 'query ($id: ID!) { exportJob(id: $id) { file { sha256 downloadUrl } } }'
      const files: { sha256: string; downloadUrl: string }[] = []
      for (const id of await Promise.all(ids)) {
        await eventually(async () => {
          const { exportJob } = await query<{ exportJob: { file: (typeof files)[0] | null } }>(ask, { id })
          if (exportJob.file) files.push(exportJob.file)
          return exportJob.file !== null
        }, 3000)
      }
      const [small, large] = files as [(typeof files)[0], (typeof files)[0]]
      const id = new URL(large!.downloadUrl).pathname.slice('/downloads/exp_'.length)
      await truncate(join(folder, 'artifacts', `${id}.1.csv`), bytes)
      await database.client()`update export_jobs set bytes_written = ${bytes} where id = ${id}`
      const readAll = async () => {
        const body = new Uint8Array(await (await fetch(small!.downloadUrl)).arrayBuffer())
        expect(createHash('sha256').update(body).digest('hex')).toBe(small!.sha256)
      }
      await readAll()
      const before = memory()
      const readers: Reader[] = []
      try {
        for (let count = 0; count < 100; count += 10) {
          const some = Array.from({ length: 10 }, () => new Reader(large!.downloadUrl))
          readers.push(...some)
          for (const head of await Promise.all(some.map((reader) => reader.begin())))
            expect(head).toContain('HTTP/1.1 200 OK')
        }
        for (let round = 0; round < 10; round++) await readAll()
        // A buffer of 256 kB each, and the connections themselves.
        expect((memory() - before) / 1e6).toBeLessThan(120)
        expect(readers.filter((reader) => reader.failed || reader.socket.closed)).toEqual([])
      } finally {
        for (const { socket } of readers) socket.destroy()
      }
      await readAll()
    },
  )
})

describe('of a server that waits for 2 seconds', () => {
  const test = useTestApp({ env: { EVALPORT_IDLE_SECONDS: '2' } })
  const artifacts = () => join(test.config().dataDir, 'artifacts')
  beforeAll(() => insertGeneratedRows(test.database.client(), 1, 200))

  /** A finished export whose file is long, of bytes that differ from place to place. */
  async function longFile(): Promise<{ job: TestJob; path: string; sha256: string }> {
    const job = await awaitJob(
      test,
      (await startExport(test, { source: { evaluationResults: {} }, format: 'CSV' })).id,
    )
    const path = join(artifacts(), `${job.id.slice(4)}.1.csv`)
    const hash = createHash('sha256')
    const file = await open(path, 'w')
    for (let block = 0; block < bytes / 65_536; block++) {
      const content = Buffer.alloc(65_536, `block ${block}\n`)
      hash.update(content)
      await file.write(content)
    }
    await file.close()
    await test.database.client()`update export_jobs set bytes_written = ${bytes} where id = ${job.id.slice(4)}`
    return { job, path, sha256: hash.digest('hex') }
  }

  /** The artifacts that the server holds open. */
  async function openArtifacts(): Promise<string[]> {
    const targets = await Promise.all(
      (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
    )
    return targets.filter((target) => target.startsWith(artifacts()))
  }

  it('cuts those that take nothing, and keeps nothing of theirs', { timeout: 120_000 }, async () => {
    const { job } = await longFile()
    const readers = Array.from({ length: 100 }, () => new Reader(job.file!.downloadUrl))
    await Promise.all(readers.map((reader) => reader.begin()))
    await eventually(async () => (await openArtifacts()).length === 0, 6000)
    await Promise.all(readers.map((reader) => reader.finish()))
    for (const { received } of readers) expect(received).toBeLessThan(bytes)
  })

  it('sends all of it to one that is slow but goes on', { timeout: 120_000 }, async () => {
    const { job, sha256 } = await longFile()
    const reader = new Reader(job.file!.downloadUrl)
    await reader.begin()
    // More than six seconds in all: longer than it waits for one that takes nothing.
    await reader.finish(100)
    expect([reader.failed, reader.received, reader.hash.digest('hex')]).toEqual([false, bytes, sha256])
  })

  it('sends all of a file that is deleted while it is read', { timeout: 60_000 }, async () => {
    const { job, sha256 } = await longFile()
    const reader = new Reader(job.file!.downloadUrl)
    await reader.begin()
    const { data } = await test.query<{ deleteExportFiles: { job: { status: string } } }>(
      `mutation ($id: ID!) { deleteExportFiles(id: $id) { ... on DeleteExportFilesSuccess { job { status } } } }`,
      { id: job.id },
    )
    expect(data.deleteExportFiles.job.status).toBe('EXPIRED')
    expect(await readdir(artifacts())).not.toContain(`${job.id.slice(4)}.1.csv`)
    await reader.finish()
    expect([reader.failed, reader.received, reader.hash.digest('hex')]).toEqual([false, bytes, sha256])
  })

  it('cuts the connection when the file is cut while it is read', { timeout: 60_000 }, async () => {
    const { job, path } = await longFile()
    const reader = new Reader(job.file!.downloadUrl)
    expect(await reader.begin()).toContain(`Content-Length: ${bytes}`)
    await truncate(path, 100_000)
    await reader.finish()
    expect(reader.received).toBeLessThan(bytes)
    expect(test.logged).toContainEqual(expect.objectContaining({ msg: 'an answer was cut' }))
    expect(await openArtifacts()).toEqual([])
  })
})
