import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'

const path = new URL('../src/lost-connections.ts', import.meta.url).href

/** A process in which a rejection with this code is heard by nobody: how it ends. */
function endsWith(code: string): { status: number | null; stdout: string } {
  const script = `import { surviveLostConnections } from ${JSON.stringify(path)}
    surviveLostConnections({ warn: (_, text) => console.log(text), error: (_, text) => console.log(text) })
    void Promise.reject(Object.assign(new Error('a fault'), { code: ${JSON.stringify(code)} }))
    setTimeout(() => console.log('goes on'), 50)`
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  })
  return { status, stdout }
}

// postgres.js asks about types when it connects, and nobody hears when Postgres goes away just then.
it.each([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  '57P01',
  '57P03',
  '08006',
])('lets a process go on when a connection breaks that nobody listens to: %s', (code) => {
  expect(endsWith(code)).toEqual({ status: 0, stdout: 'a database connection broke\ngoes on\n' })
})

it.each(['ENOENT', '23505', ''])('ends it with any other fault that nobody caught: %s', (code) => {
  const { status, stdout } = endsWith(code)
  expect(status).toBe(1)
  expect(stdout).toContain('a fault that nothing caught ends this process')
})
