import { createHash, generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { manifestSigner, signManifest, type ManifestSigner } from '../../src/artifacts/manifest-signature.ts'
import { buildManifest, manifestText, type ManifestFacts } from '../../src/artifacts/manifest.ts'
import { sumsText } from '../../src/artifacts/sha256-sums.ts'
import type { FieldType } from '../../src/core/field.ts'
import { foldIds, nothingFolded } from '../../src/core/key-fold.ts'
import type { Manifest } from '../../src/core/manifest.ts'
import { formatterById } from '../../src/formatters/registry.ts'
import { encode, tableOf, type Row } from '../formatters/tables.ts'

export const columns: Readonly<Record<string, FieldType>> = {
  id: 'text',
  occurred_at: 'timestamp',
  prompt: 'text',
  total_tokens: 'int',
  cost_usd: 'decimal',
  passed: 'bool',
  usage: 'json',
}

export const sha256Of = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex')

/** RFC 8032, test 1: the manifest that it signs is the same on every machine. */
export const fixedSigner = manifestSigner(
  `-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n`,
)

export function newSigner(): ManifestSigner {
  return manifestSigner(
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  )
}

/** Rows that trip over naive readers: line breaks, quotes, brackets and tags in values. */
export function testRows(count: number): Row[] {
  return Array.from({ length: count }, (_, index) => [
    `evr_${index + 1}`,
    '2026-05-24T13:46:19.960000Z',
    index % 3 === 0 ? null : `line ${index}\r\n"quoted", {"row": [1]} </row><row> =1+1 é😀`,
    String(index),
    index % 2 === 0 ? '0.0001250000' : null,
    index % 2 === 0 ? 't' : 'f',
    '{"input": {"tokens": [1, 2, "}]"]}}',
  ])
}

export interface MadeExport {
  readonly facts: ManifestFacts
  readonly manifest: Manifest
  readonly data: Buffer
}

/** A finished export in parts, by the real encoders. */
export function makeExport(
  format: string,
  { rows = testRows(50), partRows = 20, signer = fixedSigner, name = `results.${format}` } = {},
): MadeExport {
  const table = tableOf(columns)
  const formatter = formatterById(format)
  const batches = Array.from({ length: Math.ceil(rows.length / partRows) }, (_, index) =>
    rows.slice(index * partRows, (index + 1) * partRows),
  )
  const { calls, bytes: data, counts } = encode(formatter, table, batches)
  // The first part has the head, the last one the tail.
  const pieces = batches.length === 0 ? [data] : calls.slice(1, -1)
  const parts = pieces.map((piece, index) => {
    const before = index === 0 && batches.length > 0 ? calls[0]! : Buffer.alloc(0)
    const after = index === pieces.length - 1 && batches.length > 0 ? calls.at(-1)! : Buffer.alloc(0)
    const bytes = Buffer.concat([before, piece, after])
    return { rows: batches[index]?.length ?? 0, bytes: bytes.length, sha256: sha256Of(bytes) }
  })
  const ids = rows.map((_, index) => BigInt(index + 1))
  const facts: ManifestFacts = {
    job: {
      id: '0197a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b',
      createdAt: '2026-11-23T09:15:00.000000Z',
      startedAt: '2026-11-23T09:15:00.250000Z',
      finishedAt: '2026-11-23T09:15:02.500000Z',
    },
    project: 'default',
    spec: {
      dataset: 'evaluation_results',
      filter: [{ field: 'score', operator: 'gte', value: 0.5 }],
      direction: 'DESC',
      format,
      formatOptions: {},
      privacy: [{ field: 'prompt', mode: 'redact' }],
      reason: 'the words of the reason',
    },
    plan: {
      dataset: 'evaluation_results',
      columns: table.columns.map((column) => ({ ...column, privacy: 'keep' })),
      filter: [{ field: 'score', operator: 'gte', value: 0.5 }],
      direction: 'DESC',
      format,
      formatOptions: {},
      batchRows: 1000,
      batchBytes: 1024,
      partBytes: 1024,
      privacy: { personalData: 'redact', pseudonymScope: 'project', keyVersion: 1 },
    },
    fields: table.columns.map(({ field }) => ({ name: field, description: `What ${field} is.` })),
    snapshot: { text: '734:740:735,738', at: '2026-11-23T09:15:00.000000Z' },
    file: { name, bytes: data.length, sha256: sha256Of(data) },
    rows: rows.length,
    keys: { ...foldIds(nothingFolded, ids), first: ids[0] ?? null, last: ids.at(-1) ?? null },
    parts,
    counts,
    redactions: {
      rules: '2026-11',
      counts: { 'aws-key': [0, 0, 2, 0, 0, 0, 0], email: [0, 0, 1, 0, 0, 0, 3] },
    },
    format: { id: format, mediaType: formatter.mediaType, version: '1' },
    serverVersion: '0.1.0',
    warnings: [{ code: 'GUARDED', message: 'Some cells begin with an apostrophe.' }],
  }
  return { facts, manifest: signManifest(buildManifest(facts), signer), data }
}

export function filesOf({ manifest, data }: MadeExport): Record<string, Buffer> {
  const text = manifestText(manifest)
  const [{ path }] = manifest.resources
  const sums = sumsText([
    { name: path, sha256: sha256Of(data) },
    { name: 'datapackage.json', sha256: sha256Of(text) },
  ])
  return { [path]: data, 'datapackage.json': Buffer.from(text), SHA256SUMS: Buffer.from(sums) }
}

const folders: string[] = []

/** A new folder with these files; removed after the test file. */
export async function folderWith(files: Readonly<Record<string, Uint8Array | string>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'evalport-proof-'))
  folders.push(folder)
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
  return folder
}

export function removeFoldersAfterwards(): void {
  afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))
}
