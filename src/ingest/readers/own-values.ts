import type { Field, FieldType } from '../../core/field.ts'
import { isJsonObject, JsonNumber, numberText } from '../json/exact-json.ts'
import type { ExactJson } from '../json/exact-json.ts'
import { countOf, secondsOf, usdOf } from '../normalise/quantities.ts'
import { instantOf } from '../normalise/timestamps.ts'
import { described } from '../normalise/usage-members.ts'
import { occurredAtSources } from '../records/record.ts'

/** A value as a telling has it, or what is wrong with it. */
export type OwnValue = { readonly value: unknown } | { readonly problem: string }

const maxInt = 2n ** 31n - 1n

/** What may stand in a field of few words. */
const choices: Readonly<Record<string, readonly string[]>> = {
  occurred_at_source: occurredAtSources,
  prompt_order: ['HOP', 'LOP'],
  success_source: ['reported', 'inferred'],
}

/** Fields that are read otherwise than their type says, or not by it alone. */
const special: Readonly<Record<string, (value: ExactJson) => OwnValue>> = {
  duration_seconds: (value) => numeric(value, 'a number of seconds, 0 or more', secondsOf),
  value: (value) => numeric(value, 'a number', floatOf),
  score: (value) => numeric(value, 'a number', floatOf),
  scores: scoresOf,
  finish_reasons: (value) =>
    Array.isArray(value) && value.every((reason) => typeof reason === 'string')
      ? { value }
      : expected('a list of texts', value),
  attributes: (value) => (isJsonObject(value) ? { value } : expected('an object', value)),
}

const byType: Readonly<Record<FieldType, (value: ExactJson) => OwnValue>> = {
  text: (value) => (typeof value === 'string' ? { value } : expected('a text', value)),
  bool: (value) => (typeof value === 'boolean' ? { value } : expected('true or false', value)),
  int: (value) =>
    numeric(value, `a whole number from 0 to ${maxInt}`, (text) => {
      const count = countOf(text)
      return count === undefined || count > maxInt ? undefined : Number(count)
    }),
  bigint: (value) => numeric(value, 'a whole number, 0 or more', countOf),
  decimal: (value) => numeric(value, 'an amount of US dollars, 0 or more', usdOf),
  float: (value) => numeric(value, 'a number', floatOf),
  timestamp: (value) => {
    const instant = typeof value === 'string' ? instantOf(value) : undefined
    return instant ? { value: instant } : expected('an ISO 8601 time', value)
  },
  json: (value) => ({ value }),
}

/** A field's value out of JSON; of a time, when and how sure that is. */
export function ownValue(field: Field, value: ExactJson): OwnValue {
  const read = (Object.hasOwn(special, field.name) ? special[field.name] : undefined) ?? byType[field.type]
  const found = read(value)
  const words = Object.hasOwn(choices, field.name) ? choices[field.name] : undefined
  if ('problem' in found || !words || words.includes(found.value as string)) return found
  return expected(words.join(' or '), value)
}

/** Bare numbers alone: whether a text means one is not for us to guess. */
function numeric<T>(value: ExactJson, what: string, read: (text: string) => T | undefined): OwnValue {
  const text = numberText(value)
  const found = text === undefined ? undefined : read(text)
  return found === undefined ? expected(what, value) : { value: found }
}

function floatOf(text: string): number | undefined {
  const number = Number(text)
  return Number.isFinite(number) ? number : undefined
}

/** Every score names what it judges, and says something. */
function scoresOf(value: ExactJson): OwnValue {
  if (!Array.isArray(value)) return expected('a list of {name, value?, label?, scorer?}', value)
  const problems = (value as readonly ExactJson[]).flatMap((score, index) => {
    const problem = scoreProblem(score)
    return problem === undefined ? [] : [`the ${index + 1}. ${problem}`]
  })
  return problems.length > 0 ? { problem: problems.join(', ') } : { value }
}

function scoreProblem(score: ExactJson): string | undefined {
  if (!isJsonObject(score)) return `is no object but ${described(score)}`
  const { name, value = null, label = null, scorer = null, ...others } = score
  const [other] = Object.keys(others)
  if (other !== undefined) return `has an unknown member ${JSON.stringify(other)}`
  if (typeof name !== 'string' || name === '') return 'has no name'
  const isNumber = typeof value === 'number' || value instanceof JsonNumber
  if (value !== null && !isNumber) return `has the value ${described(value)}, which is no number`
  if (label !== null && typeof label !== 'string')
    return `has the label ${described(label)}, which is no text`
  if (scorer !== null && typeof scorer !== 'string')
    return `has the scorer ${described(scorer)}, which is no text`
  return value === null && label === null ? 'has neither value nor label' : undefined
}

function expected(what: string, found: ExactJson): { problem: string } {
  return { problem: `expected ${what}, found ${described(found)}` }
}
