import { setImmediate as turn } from 'node:timers/promises'
import type { Sql } from 'postgres'
import type { ProjectScope } from '../db/project-scope.ts'
import type { Findings } from './findings.ts'
import { UnreadableFile, type Position, type Reader, type ReaderOutput, type SourceFile } from './reader.ts'
import type { EvaluationTest } from './records/evaluation-test.ts'
import { nothingStored, storeBatch, type StoredOfFile, type StorePlace } from './store/store-batch.ts'
import { toTold, type Told } from './store/told.ts'

/** A batch is stored when it has so many tellings, */
const batchTellings = 1000
/** or so many characters: what one message holds may be any. */
const batchLength = 4 * 1024 * 1024
/** After so many outputs other requests get their turn: readers compute without a pause. */
const turnEvery = 500

/**
 * Reads a file to its end and stores what it tells as it goes, a batch in each transaction. What was stored when it ends
 * early, by a crash or by a fault of the file, is whole; reading it again adds what is missing.
 * @param requireWriter asked before each batch: throws when whoever sends the file may send nothing any more
 */
export async function takeIn(
  { bulk, scope }: { readonly bulk: Sql; readonly scope: ProjectScope },
  place: StorePlace,
  file: SourceFile,
  reader: Reader,
  findings: Findings,
  requireWriter: () => Promise<unknown>,
): Promise<StoredOfFile & { readonly tests: number }> {
  const stored = nothingStored()
  let testCount = 0
  let told: Told[] = []
  let tests: EvaluationTest[] = []
  let length = 0
  // While Postgres stores a batch, the next one is read.
  let storing: Promise<void> = Promise.resolve()
  const store = async () => {
    const batch = { told, tests }
    told = []
    tests = []
    length = 0
    await storing
    storing = requireWriter().then(async () => {
      await bulk.begin(async (sql) => {
        await scope.enterRaw(sql, place.projectId)
        await storeBatch(sql, place, batch, stored)
      })
    })
    // Awaited with the next batch; until then a failure must not count as unhandled.
    storing.catch(() => {})
  }
  const take = (output: ReaderOutput): void => {
    if (output.kind === 'reject') return findings.reject(output.reason, output.position, output.excerpt)
    if (output.kind === 'warning') return findings.warn(output.message, output.position)
    if (output.kind === 'evaluation_test') {
      tests.push(output.test)
      testCount++
      return
    }
    const each = toTold(output, { path: file.path, rank: reader.rank })
    if ('problems' in each) return findings.reject(each.problems, output.position, '')
    warnOfReplaced(findings, each.replaced, output.position)
    told.push(each)
    length += lengthOf(each)
  }
  try {
    let outputs = 0
    for await (const output of reader.read(file)) {
      if (++outputs % turnEvery === 0) await turn()
      take(output)
      if (told.length + tests.length >= batchTellings || length >= batchLength) await store()
    }
  } catch (error) {
    if (!(error instanceof UnreadableFile)) {
      await storing.catch(() => {})
      throw error
    }
    findings.reject(error.message, error.position, error.excerpt)
  }
  if (told.length + tests.length > 0) await store()
  await storing
  return { ...stored, tests: testCount }
}

function warnOfReplaced(findings: Findings, replaced: number, position: Position): void {
  if (replaced === 0) return
  const characters = replaced === 1 ? '1 character' : `${replaced} characters`
  findings.warn(`${characters} that Postgres cannot hold became U+FFFD`, position)
}

function lengthOf({ version }: Told): number {
  let length = 0
  for (const cell of version.cells) length += cell?.length ?? 0
  for (const { json } of version.raw.values()) length += json.length
  return length
}
