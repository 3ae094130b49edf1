/**
 * JSON in the canonical form of RFC 8785: no space, members ordered by UTF-16 code units, strings and numbers as
 * ECMAScript writes them. What is undefined is left out, as everywhere in JSON.
 * @throws Error for what has no such form: numbers that are not finite, and lone surrogates
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${members.map(([name, member]) => `${scalar(name)}:${canonicalJson(member)}`).join(',')}}`
  }
  return scalar(value)
}

function scalar(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`JSON has no number ${value}`)
  if (typeof value === 'string' && !value.isWellFormed())
    throw new Error('a lone surrogate has no canonical form')
  const text = JSON.stringify(value) as string | undefined
  if (text === undefined) throw new Error(`JSON has no ${typeof value}`)
  return text
}
