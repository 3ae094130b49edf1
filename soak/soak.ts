import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openInstallation } from './installation.ts'
import { describeMachine, describeVersions } from './machine.ts'
import { readOptions } from './options.ts'
import { openResults, type ResultLine, type Results } from './results.ts'
import { runRound } from './round.ts'
import { isBad, resultTable } from './table.ts'

/**
 * Runs exports in random formats and sizes while processes are killed, frozen and replaced, connections cut, Postgres
 * restarted and records changed, and compares each file with that of an undisturbed run on the same snapshot. A run on a
 * folder goes on from what earlier ones found.
 */

const roundSize = 150

const options = readOptions(process.argv.slice(2))
const results = await openResults(options.folder)
const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => stopping.abort(new Error('interrupted')))
}

if (!options.tableOnly && results.exports < options.exports) await run()
const table = resultTable(results.lines)
await writeFile(join(options.folder, 'results.md'), table)
console.log(table)
if (stopping.signal.aborted) console.log(`Interrupted; the same command goes on from here.`)
if (!isClean(results.lines)) process.exitCode = 1

async function run(): Promise<void> {
  const installation = await openInstallation(options.folder, options.seed)
  try {
    const machine = describeMachine()
    const versions = await describeVersions(installation.sql)
    await results.add([{ kind: 'run', at: new Date().toISOString(), seed: options.seed, machine, versions }])
    while (results.exports < options.exports && !stopping.signal.aborted) {
      const since = performance.now()
      const count = Math.min(roundSize, options.exports - results.exports)
      // What is drawn goes on where the last run ended.
      const order = { count, seed: options.seed, round: results.exports }
      const lines = await runRound(installation, order, stopping.signal)
      await results.add(lines)
      tell(lines, results, (performance.now() - since) / 1000)
    }
  } catch (error) {
    // Told at once: what is stopped next may fail for the same reason.
    if (!stopping.signal.aborted) console.error(error)
    if (!stopping.signal.aborted) process.exitCode = 1
  } finally {
    await installation.stop()
  }
}

function tell(lines: readonly ResultLine[], { exports }: Results, seconds: number): void {
  const faults = lines.filter(({ kind }) => kind === 'fault').length
  console.log(
    `${new Date().toISOString()} ${exports} of ${options.exports} exports, ${faults} faults, ${seconds.toFixed(0)} s`,
  )
  for (const line of lines) {
    if (line.kind === 'export' && isBad(line)) console.log(`✗ ${line.id}: ${line.problems.join('; ')}`)
    if (line.kind === 'trouble') console.log(`✗ ${line.what}`)
  }
}

function isClean(lines: readonly ResultLine[]): boolean {
  return !lines.some((line) => (line.kind === 'export' && isBad(line)) || line.kind === 'trouble')
}
