import { connect, type Socket } from 'node:net'

/**
 * Notices connections whose other end is gone without a word: the machine behind them lost its power, or something on the
 * way forgot them. What is asked over such a connection would be waited for until the end of time. TCP's own probes see
 * only those on which nothing is under way, and nothing between us and Postgres that goes on acknowledging for it.
 */
export interface SilentConnections {
  /**
   * For the option `socket` of a client.
   * @param vital whether whatever is asked over it is answered at once: its silence then tells of the network, and all
   * connections that are silent for as long end with it
   * @param patience how many milliseconds anything asked over it may take; a longer silence ends the connection. A client
   * must give up connections that it does not use sooner than that
   */
  readonly watch: (vital: boolean, patience: number) => (place: Place) => Socket
  readonly stop: () => void
}

/** The options of a client, as far as they say where its server is. */
export interface Place {
  readonly host: readonly string[]
  readonly port: readonly number[]
  readonly path?: string | false
}

interface Watched {
  readonly socket: Socket
  readonly vital: boolean
  readonly patience: number
  read: number
  /** For how many looks nothing has come. */
  silent: number
}

const lookEvery = 2000

/** @param onBroken told how many connections were ended, where a broken network was the reason */
export function watchSilentConnections(onBroken: (connections: number) => void): SilentConnections {
  const all = new Set<Watched>()

  const look = () => {
    let broken = Number.POSITIVE_INFINITY
    for (const each of all) {
      const { bytesRead, destroyed } = each.socket
      if (destroyed) all.delete(each)
      each.silent = bytesRead === each.read ? each.silent + 1 : 0
      each.read = bytesRead
      if (each.vital && !destroyed && each.silent > each.patience) broken = Math.min(broken, each.patience)
    }
    const dead = [...all].filter(({ silent, patience }) => silent > Math.min(patience, broken))
    for (const each of dead) {
      all.delete(each)
      each.socket.destroy()
    }
    if (broken !== Number.POSITIVE_INFINITY) onBroken(dead.length)
  }
  const timer = setInterval(look, lookEvery).unref()

  return {
    watch: (vital, patience) => {
      let next = 0
      return ({ host, port, path }) => {
        const at = next++ % host.length
        const socket = path ? connect(path) : connect(port[at]!, host[at])
        // Where it is encrypted, the server is asked for the certificate of this name.
        if (!path) Object.assign(socket, { host: host[at], port: port[at] })
        // Looks are counted, not milliseconds: a process that was stopped for a while must first read what has come.
        all.add({ socket, vital, patience: Math.ceil(patience / lookEvery), read: 0, silent: 0 })
        return socket
      }
    },
    stop: () => clearInterval(timer),
  }
}
