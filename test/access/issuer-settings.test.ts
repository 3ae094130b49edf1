import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadIssuers, parseIssuers } from '../../src/access/issuer-settings.ts'

const parse = (json: unknown) => parseIssuers(json, (why) => new Error(why))
const least = { issuer: 'https://issuer.example', audience: 'evalport' }

it('fills in what is usual', () => {
  expect(parse([least])).toEqual([
    {
      ...least,
      algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'],
      clockToleranceSeconds: 30,
      keysMaxAgeSeconds: 600,
      keysCooldownSeconds: 30,
    },
  ])
  expect(parse([])).toEqual([])
})

it('refuses what would make tokens forgeable or ambiguous', () => {
  const refused: Record<string, [object, RegExp]> = {
    'a shared secret': [{ algorithms: ['HS256'] }, /^\s+0\.algorithms\.0: must be one of/m],
    'no signature': [{ algorithms: ['RS256', 'none'] }, /0\.algorithms\.1/],
    'no algorithm': [{ algorithms: [] }, /0\.algorithms/],
    'no audience': [{ audience: undefined }, /0\.audience/],
    'an empty audience': [{ audience: '' }, /0\.audience/],
    'an empty list of audiences': [{ audience: [] }, /0\.audience/],
    'plain http': [{ issuer: 'http://issuer.example' }, /0\.issuer: must be an https/],
    'plain http for keys': [{ jwksUrl: 'http://issuer.example/jwks' }, /0\.jwksUrl/],
    'a host that only looks like this machine': [{ issuer: 'http://localhost.issuer.example' }, /0\.issuer/],
    'a password': [{ issuer: 'https://a:b@issuer.example' }, /0\.issuer/],
    'a query': [{ issuer: 'https://issuer.example/?a=b' }, /0\.issuer/],
    'a fragment': [{ issuer: 'https://issuer.example/#a' }, /0\.issuer/],
    'too much tolerance': [{ clockToleranceSeconds: 301 }, /0\.clockToleranceSeconds/],
    'a role that is none': [
      { roleClaim: 'roles', roles: { a: 'analist' } },
      /0\.roles\.a: must be one of .*did you mean analyst\?/,
    ],
    'roles without their claim': [{ roles: { a: 'reader' } }, /0\.roleClaim: goes together/],
    'a claim without roles': [{ roleClaim: 'a' }, /0\.roles: goes together/],
    'two ways to a project': [{ project: 'a', projectClaim: 'b' }, /0\.project: excludes/],
    'a setting that is none': [{ jwks_uri: 'https://issuer.example/jwks' }, /jwks_uri/],
  }
  for (const [name, [more, why]] of Object.entries(refused)) {
    expect(() => parse([{ ...least, ...more }]), name).toThrow(why)
  }
  expect(() => parse([least, least])).toThrow(/1\.issuer: stands here twice/)
  expect(() => parse(least)).toThrow(/it: /)
  expect(() => parse([{ ...least, audience: 5, issuer: 'x', roleClaim: '' }])).toThrow(
    /0\.issuer: [^]*0\.audience: [^]*0\.roleClaim: /,
  )
})

it('takes plain http on this machine alone', () => {
  for (const issuer of ['http://127.0.0.1:9', 'http://localhost/realms/a', 'http://[::1]:1']) {
    expect(parse([{ ...least, issuer }])).toHaveLength(1)
  }
})

it('names the file and its setting in what it refuses', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'evalport-issuers-'))
  const path = join(folder, 'oidc.json')
  await expect(loadIssuers(path)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringMatching(/oidc\.json \(EVALPORT_OIDC\)[^]*ENOENT/) as string,
  })
  await writeFile(path, '[{]')
  await expect(loadIssuers(path)).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  await writeFile(path, '[{}]')
  await expect(loadIssuers(path)).rejects.toThrow(/0\.issuer: [^]*0\.audience: /)
  await writeFile(path, JSON.stringify([least]))
  expect(await loadIssuers(path)).toHaveLength(1)
  expect(await loadIssuers(undefined)).toEqual([])
  await rm(folder, { recursive: true })
})
