import type { Manifest } from '../../core/manifest.ts'
import type { VerifyProblem } from './problem.ts'

/** One problem for each run of parts that are wrong. */
export function wrongParts(manifest: Manifest, wrong: readonly number[]): VerifyProblem[] {
  const [{ path: file }] = manifest.resources
  const { parts } = manifest.evalport
  const problems: VerifyProblem[] = []
  let rowsBefore = 0
  let run: { first: number; rows: number; rowsBefore: number } | undefined
  const isWrong = new Set(wrong)
  for (const [index, part] of parts.entries()) {
    if (isWrong.has(index)) {
      run ??= { first: index, rows: 0, rowsBefore }
      run.rows += part.rows
      if (!isWrong.has(index + 1)) {
        problems.push(wrongRun(file, parts, run, index))
        run = undefined
      }
    }
    rowsBefore += part.rows
  }
  return problems
}

function wrongRun(
  file: string,
  parts: Manifest['evalport']['parts'],
  { first, rows, rowsBefore }: { first: number; rows: number; rowsBefore: number },
  last: number,
): VerifyProblem {
  const from = parts[first]!.offset
  const to = parts[last]!.offset + parts[last]!.bytes
  const which =
    first === last
      ? `part ${first + 1} of ${parts.length}`
      : `parts ${first + 1} to ${last + 1} of ${parts.length}`
  const records = rows === 0 ? 'no rows' : `rows ${rowsBefore + 1} to ${rowsBefore + rows}`
  return {
    kind: 'PART',
    file,
    where: `${which}, ${records}, bytes ${from} to ${to - 1}`,
    message: 'Its bytes are not those that were written.',
    meaning: 'These rows cannot be trusted; the parts that are not named here are whole.',
  }
}
