import { createHash } from 'node:crypto'
import { camelCase } from '../../core/field.ts'
import { unknownName } from '../../core/suggestion.ts'
import { canonicalJson, isJsonObject } from '../json/exact-json.ts'
import type { ExactJson, JsonObject } from '../json/exact-json.ts'
import { normaliseModel, normaliseProvider } from '../normalise/models.ts'
import type { Instant } from '../normalise/timestamps.ts'
import { readUsage, usageWarnings, type TokenUsage } from '../normalise/usage.ts'
import { described } from '../normalise/usage-members.ts'
import type { Position, ReaderOutput, SourceFile } from '../reader.ts'
import type { KeyPart } from '../records/record.ts'
import { Occurrences } from './occurrences.ts'
import { memberNames, usageMember, type OwnTable } from './own-tables.ts'
import { ownValue } from './own-values.ts'
import { excerptOf } from './source-text.ts'

/** The fields of a telling while they are gathered. */
type Fields = Record<string, unknown>

/** Makes tellings of the records of one file, however they were written. */
export class OwnRecords {
  readonly #table: OwnTable
  readonly #file: SourceFile
  readonly #names: readonly string[]
  readonly #fields
  readonly #ownId: RegExp
  readonly #seen = new Occurrences()

  constructor(table: OwnTable, file: SourceFile) {
    this.#table = table
    this.#file = file
    this.#names = memberNames(table)
    this.#fields = new Map(
      table.dataset.fields.map((field) => [field.name, { field, key: keyOf(field.name) }]),
    )
    this.#ownId = new RegExp(`^${table.dataset.idPrefix}_([1-9]\\d{0,17})$`)
  }

  /**
   * A record, or one reject that names all that is wrong with it. Null is a value that is not known.
   * @param found what was found wrong before
   */
  *outputsOf(record: ExactJson, position: Position, found: readonly string[] = []): Generator<ReaderOutput> {
    if (!isJsonObject(record)) {
      const reason = `expected an object, found ${described(record)}`
      yield { kind: 'reject', reason, position, excerpt: excerptOf(JSON.stringify(record)) }
      return
    }
    const known = Object.entries(record).filter(([, value]) => value !== null)
    const values = Object.fromEntries(known)
    const problems = [...found, ...missingFields(this.#table, values)]
    const fields: Fields = {}
    const warnings = this.#fill(fields, values, problems)
    if (problems.length > 0) {
      const reason = problems.join('; ')
      yield { kind: 'reject', reason, position, excerpt: excerptOf(JSON.stringify(record)) }
      return
    }
    const { kind } = this.#table
    // The checks above have made of the fields what the kind's type says.
    const output: unknown = { kind, record: this.#telling(fields, values), position }
    yield output as ReaderOutput
    for (const message of warnings) yield { kind: 'warning', message, position }
  }

  #fill(fields: Fields, values: JsonObject, problems: string[]): Set<string> {
    const warnings = new Set<string>()
    for (const [name, value] of Object.entries(values)) {
      const known = this.#fields.get(name)
      if (known) {
        const found = ownValue(known.field, value)
        if ('problem' in found) problems.push(`${name}: ${found.problem}`)
        else fields[known.key] = found.value
      } else if (name !== usageMember || !this.#names.includes(name)) {
        problems.push(unknownMember(name, this.#names))
      }
    }
    if (Object.hasOwn(values, usageMember) && this.#table.usage.size > 0) {
      const read = readUsage(values[usageMember]!)
      problems.push(...read.problems.map((problem) => `usage: ${problem}`))
      for (const warning of read.warnings) warnings.add(warning)
      for (const [key, figure] of Object.entries(read.usage)) {
        if (this.#table.usage.has(key) && fields[key] === undefined) fields[key] = figure
      }
    }
    if (problems.length > 0) return warnings
    for (const warning of usageWarnings(fields as TokenUsage)) warnings.add(warning)
    setTimes(fields, this.#file)
    setModel(fields, this.#table)
    return warnings
  }

  #telling({ id, ...fields }: Fields, values: JsonObject) {
    const { kind, dataset } = this.#table
    const name = typeof id === 'string' && id !== '' ? id : undefined
    const number = name === undefined ? undefined : this.#ownId.exec(name)?.[1]
    const key = name === undefined ? this.#contentKey(values) : [name]
    return {
      naturalKey: ['own', dataset.id, ...key],
      fields,
      ...(kind === 'evaluation_result' ? { guesses: guessesOf(fields, this.#file) } : {}),
      raw: Object.hasOwn(values, usageMember) ? { own: { usage: values[usageMember] } } : {},
      ...(number === undefined ? {} : { exportedNumber: BigInt(number) }),
    }
  }

  /** For a record without an id: what it says, and which of those that say the same. */
  #contentKey(values: JsonObject): KeyPart[] {
    const digest = createHash('sha256').update(canonicalJson(values)).digest()
    return [digest.toString('hex'), this.#seen.next(digest)]
  }
}

/** What is wrong with a name that no record of the table has. */
export function unknownMember(name: string, known: readonly string[]): string {
  const { message, suggestion } = unknownName('field', name, [], known)
  return `${message} ${suggestion}`
}

/** What a record of the table lacks, by the names or values that it has. */
export function missingFields(table: OwnTable, values: Readonly<Record<string, unknown>>): string[] {
  const isThere = (name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    return value !== undefined && !(typeof value === 'string' && value.trim() === '')
  }
  return table.required
    .filter((group) => !group.some(isThere))
    .map((group) => `it has no ${group.join(' and no ')}`)
}

/** As tellings call a field. */
function keyOf(name: string): string {
  return name === 'duration_seconds' ? 'durationNs' : camelCase(name)
}

/** What is told of when, in place of the instants: a call that tells only of its start happened then. */
function setTimes(fields: Fields, file: SourceFile): void {
  const { occurredAt, startedAt, endedAt, occurredAtSource } = fields as Record<string, Instant | undefined>
  const occurred = occurredAt ?? startedAt ?? file.fallbackTime
  fields['occurredAt'] = occurred.at
  fields['occurredAtSource'] =
    occurredAt === undefined ? occurred.source : (occurredAtSource ?? occurred.source)
  if (startedAt) fields['startedAt'] = startedAt.at
  if (endedAt) fields['endedAt'] = endedAt.at
}

/** One name for one model; a record that says how its source spelt it has that name already. */
function setModel(fields: Fields, { kind }: OwnTable): void {
  const { model, provider, modelAsWritten } = fields as Record<string, string | undefined>
  if (modelAsWritten !== undefined) return
  if (model === undefined) {
    if (provider !== undefined) fields['provider'] = normaliseProvider(provider)
    return
  }
  const identity = normaliseModel(model, provider)
  Object.assign(fields, identity)
  if (kind === 'evaluation_result' && identity.model !== model) fields['modelAsWritten'] = model
}

/** What the table needs and the record may leave out. */
function guessesOf(fields: Fields, file: SourceFile) {
  return {
    run: `own:${file.sha256.slice(0, 16)}`,
    framework: 'unknown',
    ...(fields['success'] === undefined ? {} : { successSource: 'reported' }),
  }
}
