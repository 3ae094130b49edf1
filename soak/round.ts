import { runTwins } from './calm.ts'
import { compare } from './comparison.ts'
import type { Lost } from './faults.ts'
import type { Installation } from './installation.ts'
import { loadJobs } from './job-row.ts'
import type { Journal } from './journal.ts'
import type { ExportLine, HitLine, RecoveryLine, ResultLine, TroubleLine } from './results.ts'
import { runStorm, type Storm } from './storm.ts'

const comparedAtOnce = 4

export interface RoundOrder {
  readonly count: number
  readonly seed: number
  /** From 0; what is drawn depends on it. */
  readonly round: number
}

/** So many exports under faults, then the same ones undisturbed on the same snapshots, and what the comparison says. */
export async function runRound(
  installation: Installation,
  order: RoundOrder,
  signal: AbortSignal,
): Promise<readonly ResultLine[]> {
  const { sql, fleet, journal, database } = installation
  journal.clear()
  const storm = await runStorm(installation, order, signal)
  await fleet.steady()
  const strays = await strayTroubles(installation, storm)
  await runTwins(
    sql,
    database.url,
    storm.asked.map(({ twin }) => twin),
    signal,
  )
  return [
    ...storm.lines,
    ...recoveries(storm.lost, journal),
    ...strays,
    ...fleet.takeDeaths().map(trouble),
    ...fleet.takeVainStarts().map(hitStart),
    ...(await compareAll(installation, storm, signal)),
  ]
}

function trouble(what: string): TroubleLine {
  return { kind: 'trouble', at: new Date().toISOString(), what }
}

function hitStart(what: string): HitLine {
  return { kind: 'hit', at: new Date().toISOString(), what: `start: ${what}` }
}

/** How long each killed attempt's export waited for its next one. */
function recoveries(lost: readonly Lost[], journal: Journal): RecoveryLine[] {
  return lost.flatMap(({ job, attempt, at }) => {
    const next = journal.claims.get(job)?.find((claim) => claim.attempt > attempt)
    return next ? [{ kind: 'recovery', job, milliseconds: next.at - at }] : []
  })
}

/** A request whose answer was lost may have made an export that nobody waits for: it has to end well, too. */
async function strayTroubles({ sql }: Installation, { asked }: Storm): Promise<TroubleLine[]> {
  const known = asked.flatMap(({ id, twin }) => [id, twin])
  const bad = await sql<{ id: string; status: string }[]>`select id, status from export_jobs
    where not id = any(${known}::uuid[]) and status = 'FAILED' and created_at >= (
      select min(created_at) from export_jobs where id = any(${known}::uuid[]))`
  return bad.map(({ id, status }) =>
    trouble(`the export ${id}, whose request was not answered, is ${status}`),
  )
}

async function compareAll(
  installation: Installation,
  { asked, stuck }: Storm,
  signal: AbortSignal,
): Promise<ExportLine[]> {
  const jobs = await loadJobs(
    installation.sql,
    asked.flatMap(({ id, twin }) => [id, twin]),
  )
  const waiting = [...asked]
  const lines: ExportLine[] = []
  const work = async (): Promise<void> => {
    for (let each = waiting.shift(); each; each = waiting.shift()) {
      signal.throwIfAborted()
      const pair = { job: jobs.get(each.id)!, twin: jobs.get(each.twin)!, isStuck: stuck.has(each.id) }
      lines.push(await compare(installation, each, pair))
    }
  }
  await Promise.all(Array.from({ length: comparedAtOnce }, work))
  return lines
}
