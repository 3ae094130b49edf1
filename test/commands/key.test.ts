import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { useTestServer } from '../support/cli.ts'
import { useTestDatabase } from '../support/database.ts'

const report = fileURLToPath(
  new URL('../fixtures/nano-agent/eval_results_7_date_parsing_test.md', import.meta.url),
)
// A public address changes nothing for the commands on the server's machine, not even for downloads.
const server = useTestServer(useTestDatabase(), { EVALPORT_PUBLIC_URL: 'http://127.0.0.1:1/evalport' })

it('makes a project and a key that acts in it alone, and prints nothing but the secret', async () => {
  const none = await server.cli(['key', 'create', 'ci', '--project', 'other'])
  expect(none).toMatchObject({ code: 1, stdout: '' })
  expect(none.stderr).toContain('evalport project create other')
  expect(await server.cli(['project', 'create', 'other'])).toMatchObject({ code: 0, stdout: 'made other\n' })
  const made = await server.cli(['key', 'create', 'ci', '--project', 'other', '--role', 'admin'])
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
  const { stdout } = await server.cli(['key', 'create', 'old', '--role', 'admin', '--json'])
  const { prefix, secret, revokedAt } = JSON.parse(stdout) as Record<string, string | null>
  expect(revokedAt).toBeNull()
  const asOld = { env: { EVALPORT_API_KEY: secret! } }
  const list = await server.cli(['key', 'list'], asOld)
  expect(list.stdout).toMatch(new RegExp(`^${prefix!}  old +default +admin +2\\S+Z +(2\\S+Z +)?good$`, 'm'))
  expect(list.stdout).not.toContain(secret)
  expect(await server.cli(['key', 'revoke', prefix!])).toMatchObject({ stdout: `revoked ${prefix!} (old)\n` })
  expect(await server.cli(['key', 'list'], asOld)).toMatchObject({ code: 4, stdout: '' })
  expect((await server.cli(['key', 'list'])).stdout).toMatch(
    new RegExp(`^${prefix!}  old .*revoked 2\\S+Z$`, 'm'),
  )
  const all = JSON.parse((await server.cli(['key', 'list', '--json'])).stdout) as Record<string, string>[]
  expect(all.find((key) => key['prefix'] === prefix)!['revokedAt']).toMatch(/Z$/)
  const unknown = await server.cli(['key', 'revoke', 'evp_unknown1', '--json'])
  expect({ code: unknown.code, ...(JSON.parse(unknown.stderr) as object) }).toMatchObject({
    code: 1,
    error: { code: 'NOT_FOUND' },
  })
})

it('narrows, ends, changes and rotates keys', async () => {
  const made = await server.cli([
    'key',
    'create',
    'narrow',
    '--role=steward',
    '--scope=records:read',
    '--scope=exports:read',
    '--expires=90d',
    '--json',
  ])
  const key = JSON.parse(made.stdout) as Record<string, string>
  expect(key).toMatchObject({ role: 'steward', scopes: ['records:read', 'exports:read'] })
  const days = (Date.parse(key['expiresAt']!) - Date.parse(key['createdAt']!)) / 86_400_000
  expect(days).toBeCloseTo(90, 2)
  const prefix = key['prefix']!
  expect(await server.cli(['key', 'update', prefix, '--all-scopes', '--expires', 'never'])).toMatchObject({
    stdout: `changed ${prefix} (narrow): steward\n`,
  })
  const rotated = await server.cli(['key', 'rotate', prefix, '--overlap', '0'])
  expect(rotated.stdout).toMatch(/^evp_\w+\n$/)
  expect(rotated.stderr).toMatch(/^evalport: evp_\w+ is good until 2\S+Z\nevalport: steward key evp_/)
  const asOld = await server.cli(['whoami'], { env: { EVALPORT_API_KEY: key['secret']! } })
  expect(asOld.code).toBe(4)
  const asNew = { env: { EVALPORT_API_KEY: rotated.stdout.trim() } }
  expect((await server.cli(['whoami'], asNew)).stdout).toMatch(
    /^narrow \(key\): steward in default\nmay records:read, /,
  )
  expect(JSON.parse((await server.cli(['whoami', '--json'], asNew)).stdout)).toMatchObject({
    name: 'narrow',
    kind: 'key',
    project: 'default',
    role: 'steward',
    expiresAt: null,
  })
  const again = JSON.parse((await server.cli(['key', 'rotate', asNew.env.EVALPORT_API_KEY.slice(0, 12), '--json'])).stdout) as object // prettier-ignore
  expect(again).toMatchObject({ role: 'steward', replaced: { replacedBy: (again as { id: string }).id } })
})

it('says everything that is wrong with a key, and that a key acts in its own project', async () => {
  const wrong = await server.cli(['key', 'create', 'a\u001b[31mb', '--role', 'oprator', '--expires', 'soon'])
  expect(wrong).toMatchObject({ code: 2, stdout: '' })
  expect(wrong.stderr).toContain('Did you mean operator?')
  expect(wrong.stderr.match(/^✗ /gm)).toHaveLength(3)
  const elsewhere = await server.cli(['whoami'], { env: { EVALPORT_PROJECT: 'elsewhere' } })
  expect(elsewhere).toMatchObject({ code: 5, stdout: '' })
  expect((await server.cli(['whoami'], { env: { EVALPORT_PROJECT: 'default' } })).code).toBe(0)
})
