/**
 * Exports of one process share its only thread. One that has written much lets those go first that have only begun, so that
 * a small export does not take as long as the large ones beside it.
 */

/** From so many rows on, an export has written much. */
const muchRows = 20_000
/** It lets others go first for so long before each batch, in milliseconds: it never stands still. */
const longestWait = 100
/** An export is let go first for no longer than this: what takes it so long is not the others beside it. */
const headStart = 10_000
/** An export's place among those of this process. */
export interface Turns {
  /** To be awaited before each batch. Resolves also when the signal is aborted. @param rows how many it has written */
  next(rows: number, signal: AbortSignal): Promise<void>
  /** Must be called at the end, however it came. */
  end(): void
}

const first = new Set<symbol>()
const waiting = new Set<() => void>()

export function takeTurns(): Turns {
  let goesFirst = true
  const stop = goFirst(headStart, () => (goesFirst = false))
  return {
    async next(rows, signal) {
      if (rows >= muchRows) stop()
      if (goesFirst || first.size === 0 || signal.aborted) return
      await new Promise<void>((resolve) => {
        const go = () => {
          clearTimeout(timer)
          waiting.delete(go)
          signal.removeEventListener('abort', go)
          resolve()
        }
        const timer = setTimeout(go, longestWait)
        waiting.add(go)
        signal.addEventListener('abort', go, { once: true })
      })
    },
    end() {
      stop()
    },
  }
}

/** @returns what ends it before its time */
function goFirst(milliseconds: number, ended = () => {}): () => void {
  const own = Symbol('goes first')
  const stop = () => {
    clearTimeout(timer)
    if (!first.delete(own)) return
    ended()
    if (first.size === 0) for (const go of waiting) go()
  }
  const timer = setTimeout(stop, milliseconds).unref()
  first.add(own)
  return stop
}
