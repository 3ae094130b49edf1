import type { Log } from './core/log.ts'

/** Postgres ends the connection, or takes none just now (57P01 to 57P05, 08…), or the network does. */
const lostConnection =
  /^(57P0[1-5]|08\w{3}|ECONN(RESET|REFUSED)|EPIPE|ETIMEDOUT|E(HOST|NET)UNREACH|CONNECT_TIMEOUT|CONNECTION_(CLOSED|ENDED|DESTROYED))$/

/**
 * Keeps a process alive when a database connection that nobody is listening to breaks: node-postgres, below pg-boss, then
 * throws out of an event, and postgres.js leaves alone what it asks about types by itself. What needed the connection notices by itself. Any other uncaught error ends the process, as it
 * does without this.
 */
export function surviveLostConnections(log: Log): void {
  process.on('uncaughtException', (error: Error & { code?: unknown }) => {
    const lost =
      (typeof error.code === 'string' && lostConnection.test(error.code)) ||
      error.message === 'Connection terminated unexpectedly'
    if (lost) {
      log.warn({ err: error }, 'a database connection broke')
      return
    }
    log.error({ err: error }, 'a fault that nothing caught ends this process')
    process.exit(1)
  })
}
