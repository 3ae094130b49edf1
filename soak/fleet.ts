import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Journal } from './journal.ts'
import { startMember, type Member, type Role } from './member.ts'

/** One of the places of the fleet, and the process that has it now. */
export interface Place {
  readonly role: Role
  readonly name: string
  readonly member: Member
  readonly state: 'starting' | 'working' | 'frozen' | 'ending'
}

export interface Fleet {
  readonly places: readonly Place[]
  /** Processes that ended uninvited, or did not end when they were asked to, since the last call. */
  takeDeaths(): readonly string[]
  /** Processes that said, since the last call, that they found no database when they started. */
  takeVainStarts(): readonly string[]
  /** Kills a process and starts another in its place. Resolves when it is dead. */
  kill(place: Place): Promise<void>
  /** Asks a process to end and starts another in its place at once. Resolves when it has ended: in so many ms. */
  replace(place: Place): Promise<number>
  /** Stops a process in the middle of whatever it does, and lets it go on later. */
  freeze(place: Place, milliseconds: number): Promise<void>
  /** Waits until every place works. A process that takes too long for that is ended, and told of as a death. */
  steady(): Promise<void>
  stop(): Promise<void>
}

export interface FleetOptions {
  readonly logFolder: string
  readonly env: Readonly<Record<string, string>>
  readonly journal: Journal
  /** Exports at once, for each process. */
  readonly concurrency: Readonly<Record<Role, number>>
  readonly workers: number
}

/** Longer than the product promises, so that a slow machine is no fault. */
const stopPatience = 30_000
const startPatience = 90_000

/** The last words of a process that has started while Postgres was restarted, or its connection was ended. */
const noDatabase =
  /✗ .*(ECONNREFUSED|ECONNRESET|EPIPE|CONNECTION_CLOSED|CONNECT_TIMEOUT|starting up|shutting down|not yet accepting|administrator command|terminated unexpectedly)/

type Mutable = { -readonly [Name in keyof Place]: Place[Name] }

/** One `evalport serve` and some `evalport worker` on its data folder. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  await mkdir(options.logFolder, { recursive: true })
  const invited = new Set<Member>()
  const deaths: string[] = []
  const vainStarts: string[] = []
  let stopping = false

  const start = (role: Role, name: string): Member => {
    const env = { ...options.env, EVALPORT_WORKER_CONCURRENCY: String(options.concurrency[role]) }
    return startMember(role, env, join(options.logFolder, `${name}.log`), options.journal.read)
  }
  /** Waits for the end of one that was asked to end; kills it when that takes too long, which is told of as a death. */
  const end = async (member: Member, name: string): Promise<void> => {
    if (await endsInTime(member)) return
    deaths.push(
      `${name} (process ${member.pid}) did not end within ${stopPatience} ms of SIGTERM:\n${member.lastLines()}`,
    )
    member.signal('SIGKILL')
    await member.ended
  }
  const fill = (place: Mutable): void => {
    const member = start(place.role, place.name)
    place.member = member
    place.state = 'starting'
    void member.ended.then((how) => {
      if (invited.delete(member) || stopping) return
      const said = `${place.name} ended by ${how}:\n${member.lastLines()}`
      // A start without a database is an error, which whoever looks after processes answers with another start.
      const isVain = place.state === 'starting' && noDatabase.test(member.lastLines())
      ;(isVain ? vainStarts : deaths).push(said)
      fill(place)
    })
    member.ready.then(
      () => {
        if (place.member === member && place.state === 'starting') place.state = 'working'
      },
      // It is told of as a death.
      () => {},
    )
  }
  const names = ['serve', ...Array.from({ length: options.workers }, (_, index) => `worker-${index + 1}`)]
  const places: Mutable[] = []
  for (const name of names) {
    const role = name === 'serve' ? 'serve' : 'worker'
    const place = { role, name, state: 'starting' } as Mutable
    fill(place)
    places.push(place)
    // The server migrates the database, which workers find as it should be.
    if (role === 'serve') await place.member.ready
  }
  const own = (place: Place) => places.find(({ name }) => name === place.name)!

  return {
    places,
    takeDeaths: () => deaths.splice(0),
    takeVainStarts: () => vainStarts.splice(0),
    async kill(place) {
      const { member } = place
      invited.add(member)
      own(place).state = 'ending'
      member.signal('SIGKILL')
      await member.ended
      fill(own(place))
    },
    async replace(place) {
      const { member, role } = place
      const since = performance.now()
      invited.add(member)
      own(place).state = 'ending'
      member.signal('SIGTERM')
      // Another worker may start beside it, another server only after it.
      if (role === 'worker') fill(own(place))
      await end(member, place.name)
      const took = performance.now() - since
      if (role === 'serve') fill(own(place))
      return took
    },
    async freeze(place, milliseconds) {
      const { member } = place
      own(place).state = 'frozen'
      member.signal('SIGSTOP')
      try {
        await delay(milliseconds)
      } finally {
        member.signal('SIGCONT')
        if (own(place).member === member) own(place).state = 'working'
      }
    },
    async steady() {
      const works = ({ state }: Place) => state === 'working'
      for (let tries = 0; tries < 3; tries++) {
        const since = performance.now()
        while (!places.every(works) && performance.now() - since < startPatience) await delay(50)
        for (const place of places.filter((each) => !works(each))) {
          const { member, name, state } = place
          deaths.push(`${name} (process ${member.pid}) is ${state} for too long:\n${member.lastLines()}`)
          invited.add(member)
          member.signal('SIGKILL')
          await member.ended
          fill(place)
        }
        if (places.every(works)) return
      }
      throw new Error('The processes do not work, however often they are started.')
    },
    async stop() {
      stopping = true
      for (const { member } of places) {
        member.signal('SIGCONT')
        member.signal('SIGTERM')
      }
      await Promise.all(places.map(({ member, name }) => end(member, name)))
    },
  }
}

/** Whether it ends in time. */
async function endsInTime(member: Member): Promise<boolean> {
  const patience = new AbortController()
  const late = delay(stopPatience, false, { signal: patience.signal }).catch(() => true)
  const inTime = await Promise.race([member.ended.then(() => true), late])
  patience.abort()
  return inTime
}
