import { createHash } from 'node:crypto'
import type { ReaderOutput, Reader, SourceFile } from '../../src/ingest/reader.ts'

/** A file as ingest gives it to a reader; its records get the time 2025-08-10T15:31:38Z unless they have their own. */
export function sourceFile(content: string | Uint8Array, path = 'file'): SourceFile {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content
  return {
    path,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.byteLength,
    fallbackTime: { at: '2025-08-10T15:31:38Z', source: 'file_mtime' },
    // In pieces that cut characters in two, as a stream from a disk or a network does.
    async *open() {
      const size = Math.max(7, Math.ceil(bytes.byteLength / 100))
      for (let start = 0; start < bytes.byteLength; start += size) yield bytes.subarray(start, start + size)
    },
  }
}

/** All that a reader says about a file, by kind. */
export async function readAll(reader: Reader, file: SourceFile) {
  const outputs: ReaderOutput[] = []
  for await (const output of reader.read(file)) outputs.push(output)
  const of = <Kind extends ReaderOutput['kind']>(kind: Kind) =>
    outputs.filter((output): output is Extract<ReaderOutput, { kind: Kind }> => output.kind === kind)
  const results = of('evaluation_result')
  return {
    outputs,
    results,
    /** Their fields beside what the telling says of itself. */
    records: results.map(({ record: { fields, ...telling } }) => ({ ...telling, ...fields })),
    interactions: of('agent_interaction'),
    calls: of('tool_call'),
    metrics: of('performance_metric'),
    tests: of('evaluation_test'),
    rejects: of('reject'),
    warnings: of('warning'),
  }
}
