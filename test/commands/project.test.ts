import { expect, it } from 'vitest'
import { useTestServer } from '../support/cli.ts'
import { useTestDatabase } from '../support/database.ts'

const server = useTestServer(useTestDatabase())
const issuer = ['--issuer', 'https://issuer.example']

it('makes, lists and renames projects', async () => {
  expect(JSON.parse((await server.cli(['project', 'create', 'a', '--json'])).stdout)).toMatchObject({
    name: 'a',
  })
  expect((await server.cli(['project', 'create', 'a'])).code).toBe(2)
  expect((await server.cli(['project', 'rename', 'a', 'b'])).stdout).toBe('renamed a to b\n')
  expect((await server.cli(['project', 'list'])).stdout).toMatch(
    /^NAME +CREATED\nb +2\S+Z\ndefault +2\S+Z\n$/,
  )
  const { code, stderr } = await server.cli(['project', 'rename', 'a', 'c', '--json'])
  expect([code, JSON.parse(stderr)]).toMatchObject([1, { error: { code: 'NOT_FOUND' } }])
})

it('assigns and removes roles of people', async () => {
  const assign = ['project', 'assign', 'ada', ...issuer]
  const ada = await server.cli([...assign, '--role', 'analyst', '--name', 'Ada'])
  expect(ada.stdout).toBe('Ada is analyst in default\n')
  const wrong = await server.cli([...assign, '--role', 'analist'])
  expect([wrong.code, wrong.stderr.includes('Did you mean analyst?')]).toEqual([2, true])
  const made = await server.cli(['project', 'create', 'second'])
  expect(made.code).toBe(0)
  await server.cli([...assign, '--role', 'admin', '--project', 'second'])
  expect((await server.cli(['project', 'members'])).stdout).toMatch(
    /^SUBJECT .*\nada +Ada +https:\/\/issuer\.example +analyst +assigned\s*\n$/,
  )
  const second = await server.cli(['project', 'members', '--project', 'second', '--json'])
  expect(JSON.parse(second.stdout)).toMatchObject([{ subject: 'ada', role: 'admin', project: 'second' }])
  const removed = await server.cli(['project', 'remove', 'ada', ...issuer])
  expect(removed.stdout).toBe('Ada has no role in default any more\n')
  const members = JSON.parse((await server.cli(['project', 'members', '--json'])).stdout) as object[]
  expect(members).toMatchObject([{ subject: 'ada', removedAt: expect.stringMatching(/Z$/) as string }])
  expect((await server.cli(['project', 'remove', 'bob', ...issuer])).code).toBe(1)
  expect((await server.cli(['project', 'remove', 'ada'])).code).toBe(2)
})
