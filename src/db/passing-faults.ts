/** Of Postgres: it stops, starts, has no room or was told to end the query; two transactions met; the connection broke. */
const passingStates = /^(25P03|40001|40P01|57014|57P0[1-5]|53[0-4]00|55P03|08...)$/
/** Of the connection. */
const passingCodes = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

/** Whether a fault of the database may be over when asked again. */
export function mayPass(error: unknown): boolean {
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    const { code } = each as NodeJS.ErrnoException
    if (code !== undefined && (passingStates.test(code) || passingCodes.has(code))) return true
    if (each instanceof AggregateError && each.errors.some(mayPass)) return true
  }
  return false
}
