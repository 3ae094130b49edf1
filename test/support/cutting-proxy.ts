import { createServer, connect, type AddressInfo, type Socket } from 'node:net'

/** A way to a server that can break in the middle of an answer. */
export interface CuttingProxy {
  readonly url: string
  /** What was asked for through it, from the first line on. */
  readonly requests: readonly string[]
  close(): Promise<void>
}

/** @param passes how many bytes of the answer to a request come through before the connection ends; undefined: all */
export async function startCuttingProxy(
  target: string,
  passes: (request: string) => number | undefined,
): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target)
  const requests: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    let asked = ''
    let isCut = false
    let left: number | undefined | 'not yet known'
    const end = () => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.once('close', () => {
        sockets.delete(socket)
        end()
      })
      socket.on('error', end)
    }
    client.on('data', (chunk) => {
      const text = chunk.toString('latin1')
      if (/^(?:GET|HEAD|POST) \S+ HTTP\//.test(text)) [asked, left] = ['', 'not yet known']
      asked += text
      upstream.write(chunk)
    })
    upstream.on('data', (chunk) => {
      if (left === 'not yet known') {
        requests.push(asked)
        left = passes(asked)
      }
      if (isCut) return
      if (left === undefined || chunk.length < left) {
        if (left !== undefined) left -= chunk.length
        if (!client.write(chunk)) {
          upstream.pause()
          client.once('drain', () => upstream.resume())
        }
        return
      }
      isCut = true
      client.end(chunk.subarray(0, left), end)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
