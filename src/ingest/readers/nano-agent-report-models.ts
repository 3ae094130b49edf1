import { normaliseModel } from '../normalise/models.ts'
import type { ModelIdentity } from '../normalise/models.ts'
import type { ReaderOutput } from '../reader.ts'
import type { Mention, TableKind } from './nano-agent-report-tables.ts'
import type { RankingLine } from './nano-agent-report-ranking.ts'
import { excerptOf } from './source-text.ts'

/** What is wrong in one line of the file. */
export interface LineProblem {
  readonly line: number
  readonly message: string
}

/** A model that a report names, and all that the report says about it. */
export interface ReportedModel extends ModelIdentity {
  readonly asWritten: string
  /** Of its first mention. */
  readonly line: number
  readonly mentions: Readonly<Partial<Record<TableKind, Mention>>>
  readonly ranking: RankingLine | undefined
  /** Why no record can be made of it. */
  readonly problems: readonly LineProblem[]
}

type Entry = ModelIdentity & {
  asWritten: string
  line: number
  mentions: Partial<Record<TableKind, Mention>>
  ranking: RankingLine | undefined
  problems: LineProblem[]
}

/** Brings the rows about one model together, however each table spells it; rows that belong to none are rejected. */
export function reportedModels(
  mentions: readonly Mention[],
  ranking: readonly RankingLine[],
): { models: ReportedModel[]; rejects: ReaderOutput[] } {
  const models = new Map<string, Entry>()
  const rejects: ReaderOutput[] = []
  const reject = (reason: string, at: { line: number; text: string }) =>
    rejects.push({ kind: 'reject', reason, position: { line: at.line }, excerpt: excerptOf(at.text) })

  // Whole rows first, so that a broken one can be told to be about a model that is known, or about none.
  for (const mention of mentions.filter(({ row }) => row.problem === undefined)) {
    const { kind, row, model: asWritten } = mention
    if (asWritten === '') reject('the row names no model', row)
    else {
      const identity = normaliseModel(asWritten)
      const entry = models.get(identity.model)
      const first = entry?.mentions[kind]
      if (first)
        reject(
          `the table names ${spelt(identity.model, asWritten)} a second time, after line ${first.row.line}`,
          row,
        )
      else if (entry) entry.mentions[kind] = mention
      else {
        const { line } = row
        models.set(identity.model, {
          ...identity,
          asWritten,
          line,
          mentions: { [kind]: mention },
          ranking: undefined,
          problems: [],
        })
      }
    }
  }
  for (const { kind, row, model } of mentions) {
    if (row.problem === undefined) continue
    const entry = models.get(normaliseModel(model).model)
    if (entry && !entry.mentions[kind]) entry.problems.push({ line: row.line, message: row.problem })
    else reject(row.problem, row)
  }
  for (const ranked of ranking) {
    const entry = models.get(normaliseModel(ranked.model).model)
    if (!entry) reject('ranks a model that no table names', ranked)
    else if (entry.ranking)
      reject(`ranks ${entry.model} a second time, after line ${entry.ranking.line}`, ranked)
    else entry.ranking = ranked
  }
  return { models: [...models.values()], rejects }
}

function spelt(model: string, written: string): string {
  return model === written ? model : `${model} (as ${written})`
}
