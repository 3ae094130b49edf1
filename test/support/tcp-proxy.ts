import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/**
 * What happens to the bytes: they pass; they vanish, both ways, while every connection stays open; new connections are
 * refused and old ones are cut.
 */
export type ProxyMode = 'pass' | 'swallow' | 'refuse'

/** A network between a client and a server, with faults on demand. */
export interface TcpProxy {
  /** The same address, through the proxy. */
  readonly url: string
  /**
   * For what there is and what comes; takes back a cut that has not happened yet. What was swallowed stays lost, and with it
   * what its connection was good for.
   */
  readonly become: (mode: ProxyMode) => void
  /** Closes the next connection that sends the text to the server, when so many bytes of the answer have passed. */
  readonly cutAfter: (text: string, bytes: number) => void
  /** How many connections have been cut by that. */
  readonly cuts: () => number
  /** How many connections are open. */
  readonly open: () => number
  readonly close: () => Promise<void>
}

export async function openProxy(target: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(target)
  let mode: ProxyMode = 'pass'
  let cut: { readonly text: string; readonly bytes: number } | undefined
  let cuts = 0
  const pairs = new Set<() => void>()

  const server = createServer((client) => {
    if (mode === 'refuse') {
      client.on('error', () => {})
      client.destroy()
      return
    }
    const upstream = connect(Number(port), hostname)
    const state = { swallowed: mode === 'swallow', left: undefined as number | undefined }
    const end = () => {
      pairs.delete(end)
      client.destroy()
      upstream.destroy()
    }
    pairs.add(end)
    const pass = (chunk: Buffer, to: Socket, most = chunk.length) => {
      state.swallowed ||= mode === 'swallow'
      if (!state.swallowed) to.write(chunk.subarray(0, most))
    }
    client.on('data', (chunk: Buffer) => {
      // Of an answer that has passed whole, nothing is left to be cut.
      state.left = undefined
      if (cut && chunk.includes(cut.text)) {
        state.left = cut.bytes
        cut = undefined
      }
      pass(chunk, upstream)
    })
    upstream.on('data', (chunk: Buffer) => {
      if (state.left === undefined || chunk.length < state.left) {
        if (state.left !== undefined) state.left -= chunk.length
        return pass(chunk, client)
      }
      cuts++
      const { left } = state
      state.left = undefined
      pass(chunk, client, left)
      upstream.destroy()
      client.end()
      pairs.delete(end)
    })
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')

  const url = new URL(target)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    become(next) {
      mode = next
      cut = undefined
      if (next === 'refuse') for (const end of pairs) end()
    },
    cutAfter: (text, bytes) => void (cut = { text, bytes }),
    cuts: () => cuts,
    open: () => pairs.size,
    async close() {
      for (const end of pairs) end()
      server.close()
      await once(server, 'close')
    },
  }
}
