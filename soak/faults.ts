import { setTimeout as delay } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { mayPass } from '../src/db/passing-faults.ts'
import type { Draw } from '../src/ingest/seed/draw.ts'
import { Unanswered } from './api.ts'
import { change, changeKinds, type ChangeContext } from './changes.ts'
import type { SoakDatabase } from './database.ts'
import type { Fleet, Place } from './fleet.ts'
import type { Journal } from './journal.ts'
import { persist } from './persistence.ts'
import type { FaultLine, ResultLine } from './results.ts'

export const faultKinds = ['kill', 'freeze', 'terminate', 'replace', 'restart'] as const
export type FaultKind = (typeof faultKinds)[number]

export interface FaultContext extends ChangeContext {
  readonly sql: Sql
  readonly database: SoakDatabase
  readonly fleet: Fleet
  readonly journal: Journal
}

/** An export whose process was killed, and when. */
export interface Lost {
  readonly job: string
  readonly attempt: number
  readonly at: number
}

/** What was done to the exports of one round. */
export interface Disturbance {
  readonly lines: ResultLine[]
  readonly lost: Lost[]
}

/** How often each, of a hundred. */
const shares = { kill: 38, terminate: 31, replace: 18, freeze: 9, restart: 4 } as const
/** Longer than the lease, which is 8 s. */
const shortestFreeze = 9000
/** The product gives an export up when five workers in a row fell silent over it; the soak stops short of that. */
const mostLosses = 2
/** So many seconds after its request, an export is let alone, so that it has to end within its time. */
const longestStorm = 45

/** Makes one fault after the other until it is over. */
export async function disturb(
  context: FaultContext,
  draw: Draw,
  done: Disturbance,
  over: AbortSignal,
): Promise<void> {
  const frozen = new Set<Promise<void>>()
  while (!over.aborted) {
    await delay(150 + draw.below(900))
    const kind = drawKind(draw)
    const place = drawPlace(context.fleet, draw)
    const count = 1 + draw.below(6)
    const freeze = shortestFreeze + draw.below(4000)
    if (over.aborted || (await isEnough(context.sql))) continue
    switch (kind) {
      case 'kill':
        if (!place) break
        await kill(context, place, done)
        note(done, kind, place.name)
        break
      case 'freeze':
        if (!place) break
        note(done, kind, `${place.name}, ${freeze} ms`)
        frozen.add(context.fleet.freeze(place, freeze))
        break
      case 'replace':
        if (!place) break
        note(done, kind, place.name)
        done.lines.push({ kind: 'exit', milliseconds: Math.round(await context.fleet.replace(place)) })
        break
      case 'terminate':
        note(done, kind, await terminate(context.sql, count))
        break
      case 'restart':
        await context.database.restartAtOnce()
        note(done, kind, 'Postgres')
        break
    }
  }
  await Promise.all(frozen)
}

/** Changes the records until it is over. A change that a fault hits is none, and is not counted. */
export async function changeRecords(
  context: FaultContext,
  draw: Draw,
  done: Disturbance,
  over: AbortSignal,
): Promise<void> {
  while (!over.aborted) {
    await delay(200 + draw.below(1000))
    const kind = draw.of(changeKinds)
    try {
      await change(context, kind, draw)
      note(done, kind, 'records')
    } catch (error) {
      if (!(error instanceof Unanswered) && !mayPass(error)) throw error
      hit(done, `${kind}: ${(error as Error).message}`)
    }
  }
}

/** A fault hit something that is allowed to be hit. */
export function hit(done: Disturbance, what: string): void {
  done.lines.push({ kind: 'hit', at: new Date().toISOString(), what })
}

function note(done: Disturbance, fault: FaultLine['fault'], what: string): void {
  done.lines.push({ kind: 'fault', at: new Date().toISOString(), fault, what })
}

function drawKind(draw: Draw): FaultKind {
  let left = draw.below(100)
  return faultKinds.find((kind) => (left -= shares[kind]) < 0)!
}

/** One that works, while another one does, too; the server, which answers all requests, less often than the workers. */
function drawPlace(fleet: Fleet, draw: Draw): Place | undefined {
  const working = fleet.places.filter(({ state }) => state === 'working')
  const workers = working.filter(({ role }) => role === 'worker')
  const drawn = draw.of(draw.below(4) > 0 && workers.length > 0 ? workers : working)
  return working.length > 1 ? drawn : undefined
}

/** Whether an export has had so much of it that one more fault would tell of nothing but the faults. */
async function isEnough(sql: Sql): Promise<boolean> {
  const [row] = await persist(
    () => sql<{ is: boolean }[]>`select exists (select from export_jobs
      where status in ('QUEUED', 'RUNNING') and not_before is distinct from 'infinity'
      and (losses > ${mostLosses} or created_at < now() - ${longestStorm}::int * interval '1 second')) as is`,
  )
  return row!.is
}

async function kill({ fleet, sql, journal }: FaultContext, place: Place, done: Disturbance): Promise<void> {
  const { pid } = place.member
  const at = Date.now()
  await fleet.kill(place)
  const running = await persist(
    () =>
      sql<{ id: string; attempt: number }[]>`select id, attempt from export_jobs where status = 'RUNNING'`,
  )
  for (const { id, attempt } of running) {
    const claim = journal.claims.get(id)?.findLast((each) => each.attempt === attempt)
    if (claim?.by === pid) done.lost.push({ job: id, attempt, at })
  }
}

/** Ends some of the connections of Evalport, those first that are at work. */
async function terminate(sql: Sql, count: number): Promise<string> {
  const ended = await persist(
    () => sql<{ name: string }[]>`select application_name as name, pg_terminate_backend(pid) from (
      select pid, application_name from pg_stat_activity where application_name like 'evalport%'
      order by state = 'active' desc, random() limit ${count}) chosen`,
  )
  return ended.map(({ name }) => name).join(', ')
}
