/** One line of a sums file. */
export interface Sum {
  readonly name: string
  /** Lower-case hex. */
  readonly sha256: string
}

/** Lines for `sha256sum -c`; names with line breaks or backslashes are escaped as coreutils does, the line marked by a backslash. */
export function sumsText(sums: readonly Sum[]): string {
  return sums.map(sumLine).join('')
}

function sumLine({ name, sha256 }: Sum): string {
  const escaped = name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
  return `${escaped === name ? '' : '\\'}${sha256}  ${escaped}\n`
}

/** What a sums file says, and the numbers of the lines, from 1, that are none of ours. */
export interface ParsedSums {
  readonly sums: readonly Sum[]
  readonly badLines: readonly number[]
}

/** Takes lines exactly as `sumsText` writes them: a changed space or line break is a change. */
export function parseSums(text: string): ParsedSums {
  const sums: Sum[] = []
  const badLines: number[] = []
  const lines = text.split(/(?<=\n)/)
  for (const [index, line] of lines.entries()) {
    const sum = parseLine(line)
    if (sum && sumLine(sum) === line) sums.push(sum)
    else badLines.push(index + 1)
  }
  return { sums, badLines }
}

function parseLine(line: string): Sum | undefined {
  const match = /^\\?(?<sha256>[0-9a-f]{64}) {2}(?<name>[^\n]+)\n$/.exec(line)
  if (!match) return undefined
  const { sha256, name } = match.groups as { sha256: string; name: string }
  if (!line.startsWith('\\')) return { sha256, name }
  const unescaped = name.replace(/\\(.)/g, (_, letter: string) => ({ n: '\n', r: '\r' })[letter] ?? letter)
  return { sha256, name: unescaped }
}
