import { createHash } from 'node:crypto'
import { parse } from 'csv-parse/sync'
import { XMLParser } from 'fast-xml-parser'
import type { TestJob } from './exports.ts'

/** The bytes behind a finished job's link, checked against what the job promises. */
export async function downloadFile(job: TestJob): Promise<Buffer> {
  if (!job.file) throw new Error(`the job has no file: ${JSON.stringify(job)}`)
  const response = await fetch(job.file.downloadUrl)
  const bytes = Buffer.from(await response.arrayBuffer())
  if (response.status !== 200) throw new Error(`${response.status} ${bytes.toString()}`)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (sha256 !== job.file.sha256 || bytes.length !== job.file.bytes)
    throw new Error('other bytes than promised')
  return bytes
}

/** A file's records by parsers that are not ours: the values as text, null where there is none. */
export function parseFile(format: string, bytes: Buffer): Record<string, string | null>[] {
  const text = bytes.toString()
  if (format === 'CSV') {
    return parse(text, {
      bom: true,
      columns: true,
      cast: (value, { quoting }) => (value === '' && !quoting ? null : value),
    })
  }
  if (format === 'JSON') return (JSON.parse(text) as object[]).map(asText)
  if (format === 'NDJSON')
    return text
      .trimEnd()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => asText(JSON.parse(line) as object))
  return parseXml(text)
}

function asText(record: object): Record<string, string | null> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name,
      value === null ? null : typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]),
  )
}

type XmlCell = string | { readonly '@_xsi:nil'?: string; readonly '#text'?: string }

function parseXml(text: string): Record<string, string | null>[] {
  const parser = new XMLParser({
    ignoreAttributes: false,
    parseTagValue: false,
    trimValues: false,
    isArray: (name) => name === 'row',
  })
  const parsed = parser.parse(text) as { export: { row?: Record<string, XmlCell>[] } }
  return (parsed.export.row ?? []).map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, cell]) => {
        if (typeof cell === 'string') return [name, cell]
        return [name, cell['@_xsi:nil'] === 'true' ? null : (cell['#text'] ?? '')]
      }),
    ),
  )
}
