import { changeKinds } from './changes.ts'
import { faultKinds } from './faults.ts'
import type { ExportLine, FaultLine, ResultLine, RunLine } from './results.ts'

const faultNames: Readonly<Record<FaultLine['fault'], string>> = {
  kill: 'process killed (SIGKILL)',
  freeze: 'process frozen for longer than its lease (9 to 13 s), then let go on',
  terminate: 'one to six database connections ended (`pg_terminate_backend`)',
  replace: 'process ended in order (SIGTERM), another one started',
  restart: 'Postgres restarted at once',
  ingest: 'file of 20 to 119 new records taken in',
  correction: 'stretch of records corrected',
  deletion: 'records deleted',
}

/** What the lines come to, as Markdown. */
export function resultTable(lines: readonly ResultLine[]): string {
  const of = <Kind extends ResultLine['kind']>(kind: Kind) =>
    lines.filter((line): line is Extract<ResultLine, { kind: Kind }> => line.kind === kind)
  const exports = of('export')
  const faults = of('fault')
  const troubles = of('trouble')
  const recovery = of('recovery').map(({ milliseconds }) => milliseconds)
  const exits = of('exit').map(({ milliseconds }) => milliseconds)
  const rows: [string, string][] = [
    ['exports compared with an undisturbed run on the same snapshot', figure(exports.length)],
    ...tallied('as', exports, ({ format }) => format),
    ...tallied('from', exports, ({ dataset }) => dataset),
    ...tallied('with', exports, ({ rows: count }) => sizeName(count)),
    ['rows, bytes of all files', `${figure(sum(exports, 'rows'))}, ${figure(sum(exports, 'bytes'))}`],
    ['**differences in bytes**', figure(count(exports, isDifferent))],
    ['**differences in rows**', figure(count(exports, (each) => each.status === 'SUCCEEDED' && !each.rowsEqual))],
    ['**exports that failed or did not end in 120 s**', figure(count(exports, ({ status }) => status !== 'SUCCEEDED'))],
    ['**other problems** (proof, files left, processes that died)', figure(otherProblems(exports) + troubles.length)],
    ['exports of more than one attempt', figure(count(exports, ({ attempts }) => attempts > 1))],
    ['attempts, most for one export', `${figure(sum(exports, 'attempts'))}, ${figure(Math.max(0, ...exports.map(({ attempts }) => attempts)))}`],
    ['exports that were gone on with after their last part', figure(count(exports, ({ partsResumed }) => partsResumed > 0))],
    ['parts that were not written again', figure(sum(exports, 'partsResumed'))],
    ...[...faultKinds, ...changeKinds].map(
      (kind): [string, string] => [faultNames[kind], figure(count(faults, ({ fault }) => fault === kind))],
    ),
    ['requests, changes and starts of processes that a fault cut off, as it may', figure(of('hit').length)],
    ['from a kill to the next claim: p50, p99, longest', quantiles(recovery)],
    ['from SIGTERM to the end: p50, p99, longest', quantiles(exits)],
  ] // prettier-ignore
  return [
    ...of('run').slice(-1).map(about),
    '',
    '| what | figure |',
    '| --- | ---: |',
    ...rows.map(([what, number]) => `| ${what} | ${number} |`),
    '',
    bound(exports),
    '',
  ].join('\n')
}

function about({ at, machine, versions, seed }: RunLine): string {
  return `${at.slice(0, 10)}; ${machine}; ${versions}; seed ${seed}.`
}

/** Whether an export was anything but the one right file. */
export function isBad({ problems }: ExportLine): boolean {
  return problems.length > 0
}

/** The rule of three: what so many trials without a failure say. */
function bound(exports: readonly ExportLine[]): string {
  const bad = count(exports, isBad)
  if (exports.length === 0) return 'No export has been compared yet.'
  if (bad > 0) return `${figure(bad)} of ${figure(exports.length)} exports were not as they should be.`
  const share = (300 / exports.length).toFixed(exports.length >= 300 ? 2 : 1)
  return `0 of ${figure(exports.length)}: with 95 % confidence, at most ${share} % of exports go wrong under such faults.`
}

const isDifferent = ({ status, bytesEqual }: ExportLine) => status === 'SUCCEEDED' && !bytesEqual

function otherProblems(exports: readonly ExportLine[]): number {
  return count(
    exports,
    (each) => isBad(each) && each.status === 'SUCCEEDED' && each.bytesEqual && each.rowsEqual,
  )
}

function sizeName(rows: number): string {
  if (rows === 0) return 'no row'
  if (rows === 1) return 'one row'
  const upTo = [1000, 10_000].find((each) => rows <= each)
  return upTo === undefined
    ? 'more than 10,000 rows'
    : `2 to 1,000 rows`.replace('2 to 1,000', upTo === 1000 ? '2 to 1,000' : '1,001 to 10,000')
}

function tallied(
  word: string,
  exports: readonly ExportLine[],
  nameOf: (line: ExportLine) => string,
): [string, string][] {
  const names = [...new Set(exports.map(nameOf))].sort()
  return names.map((name) => [`${word} ${name}`, figure(count(exports, (each) => nameOf(each) === name))])
}

function count<Each>(all: readonly Each[], holds: (each: Each) => boolean): number {
  return all.filter(holds).length
}

function sum(exports: readonly ExportLine[], name: 'rows' | 'bytes' | 'attempts' | 'partsResumed'): number {
  return exports.reduce((all, each) => all + each[name], 0)
}

function figure(number: number): string {
  return number.toLocaleString('en-GB')
}

function quantiles(milliseconds: readonly number[]): string {
  if (milliseconds.length === 0) return '–'
  const sorted = [...milliseconds].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!
  const seconds = [at(0.5), at(0.99), at(1)].map((each) => `${(each / 1000).toFixed(1)} s`)
  return `${seconds.join(', ')} (of ${figure(sorted.length)})`
}
