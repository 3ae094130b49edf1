import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { useTestServer } from '../support/cli.ts'
import { useTestDatabase } from '../support/database.ts'

const report = fileURLToPath(
  new URL('../fixtures/nano-agent/eval_results_7_date_parsing_test.md', import.meta.url),
)
// A public address changes nothing for the commands on the server's machine, not even for downloads.
const server = useTestServer(useTestDatabase(), { EVALPORT_PUBLIC_URL: 'http://127.0.0.1:1/evalport' })

it('makes a key that acts in its own project alone, and prints nothing but the secret', async () => {
  const made = await server.cli(['key', 'create', 'ci', '--project', 'other'])
  expect(made.code).toBe(0)
  expect(made.stdout).toMatch(/^evp_\w+\n$/)
  expect(made.stderr).toMatch(/^evalport: admin key evp_\w+ for the project other; it is shown only now:\n$/)
  const others = { env: { EVALPORT_API_KEY: made.stdout.trim() } }
  for (const options of [{}, others]) {
    const { stdout } = await server.cli(['ingest', report, '--json'], options)
    expect(JSON.parse(stdout)).toMatchObject({ files: [{ status: 'ingested', records: { added: 4 } }] })
  }
  const { stdout } = await server.cli(['export', 'results', '-o', '-', '--fields', 'model', '-q'], others)
  expect(stdout.match(/\r\n/g)).toHaveLength(5)
})

it('lists keys without their secrets, and a revoked one is refused at once', async () => {
  const { stdout } = await server.cli(['key', 'create', 'old', '--json'])
  const { prefix, secret, revokedAt } = JSON.parse(stdout) as Record<string, string | null>
  expect(revokedAt).toBeNull()
  const asOld = { env: { EVALPORT_API_KEY: secret! } }
  const list = await server.cli(['key', 'list'], asOld)
  expect(list.stdout).toMatch(new RegExp(`^${prefix!}  old +default +admin +2\\S+Z\\s*$`, 'm'))
  expect(list.stdout).not.toContain(secret)
  expect(await server.cli(['key', 'revoke', prefix!])).toMatchObject({ stdout: `revoked ${prefix!} (old)\n` })
  expect(await server.cli(['key', 'list'], asOld)).toMatchObject({ code: 4, stdout: '' })
  const all = JSON.parse((await server.cli(['key', 'list', '--json'])).stdout) as Record<string, string>[]
  expect(all.find((key) => key['prefix'] === prefix)!['revokedAt']).toMatch(/Z$/)
  const unknown = await server.cli(['key', 'revoke', 'evp_unknown1', '--json'])
  expect({ code: unknown.code, ...(JSON.parse(unknown.stderr) as object) }).toMatchObject({
    code: 1,
    error: { code: 'NOT_FOUND' },
  })
})

it('refuses a name that could steer a terminal', async () => {
  expect(await server.cli(['key', 'create', 'a\u001b[31mb'])).toMatchObject({ code: 2, stdout: '' })
})
