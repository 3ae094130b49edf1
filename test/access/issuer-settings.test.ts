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
    'a role of a pair that is none': [
      {
        roleClaim: 'roles',
        roles: [
          ['a', 'reader'],
          ['b', 'analist'],
        ],
      },
      /0\.roles\.1: must be one of .*did you mean analyst\?/,
    ],
    'a pair that is none': [{ roleClaim: 'roles', roles: [['a']] }, /0\.roles\.0: must be a pair/],
    'a value twice': [
      {
        roleClaim: 'roles',
        roles: [
          ['a', 'reader'],
          ['a', 'admin'],
        ],
      },
      /0\.roles\.1: stands here twice/,
    ],
    'numbers, which JavaScript moves to the front': [
      { roleClaim: 'roles', roles: { admins: 'admin', 42: 'reader' } },
      /0\.roles\.42: .*\[\["42", "reader"\]/,
    ],
    'no role': [{ roleClaim: 'roles', roles: {} }, /0\.roles: must name/],
    'no pair': [{ roleClaim: 'roles', roles: [] }, /0\.roles: must name/],
    'a prototype alone that is no role': [
      { roleClaim: 'roles', roles: JSON.parse('{"__proto__":"x"}') as object },
      /0\.roles\.__proto__: must be one of/,
    ],
    'roles that are a word': [{ roleClaim: 'roles', roles: 'admin' }, /0\.roles: must be an object/],
    'blanks around an issuer': [{ issuer: ' https://issuer.example' }, /0\.issuer/],
    'an issuer with U+0000': [{ issuer: 'https://issuer.example/\0' }, /0\.issuer/],
    'an issuer beyond ASCII': [{ issuer: 'https://issuer.example/\u4e00' }, /0\.issuer/],
    'a long issuer': [{ issuer: `https://issuer.example/${'x'.repeat(480)}` }, /0\.issuer/],
    'blanks after an address of keys': [{ jwksUrl: 'https://issuer.example/jwks\n' }, /0\.jwksUrl/],
    'a project that cannot be': [{ project: 'Not a name' }, /0\.project: must be the name/],
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
