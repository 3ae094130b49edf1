import { setTimeout as delay } from 'node:timers/promises'
import { uuidv7 } from '../src/core/uuid.ts'
import { Draw } from '../src/ingest/seed/draw.ts'
import { Unanswered } from './api.ts'
import { changeRecords, disturb, hit, type Disturbance, type FaultContext } from './faults.ts'
import { persist } from './persistence.ts'
import { drawSpec, type SoakSpec } from './spec.ts'

/** An export that was asked for. */
export interface Asked {
  readonly id: string
  /** The job that will show the same snapshot, undisturbed; it waits, and so keeps the snapshot's rows. */
  readonly twin: string
  readonly spec: SoakSpec
}

export interface Storm extends Disturbance {
  readonly asked: readonly Asked[]
  /** Those that had not ended in time. */
  readonly stuck: ReadonlySet<string>
}

const atOnce = 28
const askersAtOnce = 4
/** An export that takes longer has not survived. */
const exportPatience = 120_000
const askPatience = 90_000
/** Numbers that nothing else is drawn from. */
const purposes = { specs: 100, faults: 101, changes: 102 } as const

/** Runs so many exports, many at once, while everything that can happen to them does. All of them have ended then. */
export async function runStorm(
  context: FaultContext,
  { count, seed, round }: { readonly count: number; readonly seed: number; readonly round: number },
  signal: AbortSignal,
): Promise<Storm> {
  const begin = (purpose: number) => new Draw().begin(seed, purpose, round)
  const draw = begin(purposes.specs)
  const specs = Array.from({ length: count }, () => drawSpec(draw, context.records))
  const done: Disturbance = { lines: [], lost: [] }
  const over = new AbortController()
  const faults = [
    disturb(context, begin(purposes.faults), done, over.signal),
    changeRecords(context, begin(purposes.changes), done, over.signal),
  ]
  const broken = new AbortController()
  for (const each of faults) each.catch((error: unknown) => broken.abort(error))
  try {
    const either = AbortSignal.any([signal, broken.signal])
    const asked = await askFor(context, specs, done, { signal: either, onAllAsked: () => over.abort() })
    await Promise.all(faults)
    return { ...asked, ...done }
  } finally {
    over.abort()
    await Promise.allSettled(faults)
  }
}

/** Asks for the exports, keeps so many under way, and waits for their ends. */
async function askFor(
  context: FaultContext,
  specs: readonly SoakSpec[],
  done: Disturbance,
  { signal, onAllAsked }: { readonly signal: AbortSignal; readonly onAllAsked: () => void },
): Promise<{ asked: Asked[]; stuck: Set<string> }> {
  const { sql } = context
  const waiting = [...specs]
  const asked: Asked[] = []
  const open = new Map<string, number>()
  const stuck = new Set<string>()
  while (waiting.length > 0 || open.size > 0) {
    signal.throwIfAborted()
    const next = waiting.splice(0, Math.min(askersAtOnce, Math.max(0, atOnce - open.size)))
    await Promise.all(
      next.map(async (spec) => {
        const each = await ask(context, spec, done)
        asked.push(each)
        open.set(each.id, performance.now())
      }),
    )
    if (waiting.length === 0 && open.size <= askersAtOnce * 2) onAllAsked()
    if (next.length === 0) await delay(100)
    const ended = await persist(
      () => sql<{ id: string }[]>`select id from export_jobs
        where id = any(${[...open.keys()]}::uuid[]) and status not in ('QUEUED', 'RUNNING')`,
    )
    for (const { id } of ended) open.delete(id)
    for (const [id, since] of open) {
      if (performance.now() - since < exportPatience) continue
      stuck.add(id)
      open.delete(id)
    }
  }
  return { asked, stuck }
}

/** Asks until it is taken. The server may be away meanwhile. */
async function ask({ api, sql }: FaultContext, spec: SoakSpec, done: Disturbance): Promise<Asked> {
  const since = performance.now()
  for (;;) {
    try {
      const id = await api.startExport(spec.input)
      const twin = uuidv7()
      await persist(
        () => sql`insert into export_jobs (id, project_id, requested_by, spec, plan, snapshot, status, not_before)
          select ${twin}, project_id, requested_by, spec, plan, snapshot, 'QUEUED', 'infinity'
          from export_jobs where id = ${id} on conflict do nothing`,
      )
      return { id, twin, spec }
    } catch (error) {
      if (!(error instanceof Unanswered) || performance.now() - since > askPatience) throw error
      hit(done, `request: ${error.what}`)
      await delay(200)
    }
  }
}
