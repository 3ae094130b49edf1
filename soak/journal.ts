/** What the processes' logs tell of exports. */

export interface ToldClaim {
  readonly attempt: number
  /** By the machine's clock, which all of them share. */
  readonly at: number
  /** Which process has it. */
  readonly by: number
}

export interface Journal {
  readonly claims: ReadonlyMap<string, readonly ToldClaim[]>
  /** How many parts of earlier attempts each attempt went on after. */
  readonly resumed: ReadonlyMap<string, readonly number[]>
  /** @param line as a process logged it; anything else is left out */
  readonly read: (line: string, pid: number) => void
  /** Forgets exports that are over and done with. */
  clear(): void
}

export function openJournal(): Journal {
  const claims = new Map<string, ToldClaim[]>()
  const resumed = new Map<string, number[]>()
  return {
    claims,
    resumed,
    read(line, pid) {
      const told = parse(line)
      if (told?.job === undefined) return
      if (told.msg === 'the export starts') {
        const claim = { attempt: told.attempt!, at: Date.parse(told.time!), by: pid }
        claims.set(told.job, [...(claims.get(told.job) ?? []), claim])
      }
      if (told.msg === 'the export goes on')
        resumed.set(told.job, [...(resumed.get(told.job) ?? []), told.parts!])
    },
    clear() {
      claims.clear()
      resumed.clear()
    },
  }
}

interface LogLine {
  readonly msg?: string
  readonly time?: string
  readonly job?: string
  readonly attempt?: number
  readonly parts?: number
}

function parse(line: string): LogLine | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as LogLine
  } catch {
    // Cut off by a kill in the middle of a line.
    return undefined
  }
}
