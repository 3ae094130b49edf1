import type { IncomingHttpHeaders } from 'node:http'
import { authenticate, type AccessContext } from '../access/authenticate.ts'
import type { Caller } from '../core/caller.ts'
import { invalidInput } from '../core/errors.ts'
import { unavailableIfAway } from '../exports/transient.ts'

/** What a request says of who sends it. */
export interface Credentials {
  readonly authorization: string | null | undefined
  /** The project that it is meant for, where there can be several. */
  readonly project: string | null | undefined
}

/** Names under which clients put credentials into addresses. */
const secretNames = /^(access_?token|id_?token|token|jwt|api_?key|key|auth|authorization|bearer)$/i
/** An API key, or the beginning of a signed token; from the start of a word alone, or long text would take long. */
const secretInText = /evp_[0-9A-Za-z]{8}_[0-9A-Za-z]{32}|(?<![\w-])eyJ[\w-]+\.[\w-]+\./

/**
 * Who sends a request, by HTTP or when it opens a socket.
 * @throws AppError INVALID_INPUT for credentials in the address, which logs, histories and proxies keep; what
 * `authenticate` throws; UNAVAILABLE when the database is away
 */
export async function whoAsks(
  access: AccessContext,
  address: URLSearchParams,
  credentials: Credentials,
): Promise<Caller> {
  for (const [name, value] of address) {
    if (!secretNames.test(name) && !secretInText.test(value) && !secretInText.test(name)) continue
    throw invalidInput([
      {
        message: 'An API key or a token does not belong into an address, which others may read.',
        path: [],
        suggestion: 'Send it in the header Authorization, and take this one out of use.',
      },
    ])
  }
  try {
    return await authenticate(access, credentials.authorization, credentials.project)
  } catch (error) {
    const away = unavailableIfAway(error)
    if (!away) throw error
    access.log.warn({ err: error }, 'who sends a request cannot be asked')
    throw away
  }
}

export function credentialsIn(headers: IncomingHttpHeaders): Credentials {
  const project = headers['x-evalport-project']
  return {
    authorization: headers.authorization,
    project: Array.isArray(project) ? project.join(', ') : project,
  }
}
