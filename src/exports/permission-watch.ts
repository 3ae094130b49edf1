import { callerOfPrincipal } from '../access/callers.ts'
import { hasPermission } from '../core/caller.ts'
import { AppError } from '../core/errors.ts'
import { planRefusals } from './check-privacy.ts'
import type { ExportContext } from './context.ts'
import type { Claim } from './job-status/claim.ts'

/** How often the database is asked, were no news to come. */
const askEvery = 2000

/** Knows whether whoever asked for an export may still have it. */
export interface PermissionWatch {
  /** Aborted, with an AppError PERMISSION_LOST, when not. */
  readonly lost: AbortSignal
  /** Asks now. @throws AppError PERMISSION_LOST */
  check(): Promise<void>
  end(): void
}

/** Watches over a running export. */
export function watchPermission(
  context: Pick<ExportContext, 'vital' | 'principalNews' | 'log'>,
  claim: Claim,
): PermissionWatch {
  const lost = new AbortController()
  const check = async (): Promise<void> => {
    const refusal = await refusalOf(context, claim)
    if (refusal) lost.abort(refusal)
    lost.signal.throwIfAborted()
  }
  const look = () => {
    check().catch((error: unknown) => {
      // Asked again soon, and once more before the end.
      if (!lost.signal.aborted)
        context.log.warn({ job: claim.id, err: error }, 'permissions could not be asked for')
    })
  }
  // Watching starts before the first look, so that no change can fall between the two.
  const unwatch = context.principalNews.watch(claim.requestedBy, look)
  const timer = setInterval(look, askEvery)
  look()
  return {
    lost: lost.signal,
    check,
    end() {
      unwatch()
      clearInterval(timer)
    },
  }
}

async function refusalOf(
  { vital }: Pick<ExportContext, 'vital'>,
  claim: Claim,
): Promise<AppError | undefined> {
  const caller = await callerOfPrincipal(vital, claim.requestedBy)
  const lost = (why: string) =>
    new AppError('PERMISSION_LOST', `${why} Nothing partial was kept.`, {
      hint: 'Start it again with a key that has what it takes.',
    })
  if (!caller) return lost('The key or member that asked for the export is not good any more.')
  if (!hasPermission(caller, 'exports:create')) {
    return lost(`Whoever asked for the export may start none any more (role ${caller.role}).`)
  }
  const [refusal] = planRefusals(caller, claim.plan)
  return refusal === undefined
    ? undefined
    : lost(`Whoever asked for the export may not have it any more: ${refusal}`)
}
