import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { useTestApp } from '../support/app.ts'

const test = useTestApp()

/** Sends a body as it is. */
async function post(body: string, headers: Record<string, string> = {}): Promise<[number, string]> {
  const response = await fetch(`${test.url()}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${test.key()}`, ...headers },
    body,
  })
  return [response.status, await response.text()]
}

/** Sends a request as it is, and gives all that comes back until the connection ends. */
async function sendRaw(head: readonly string[], body = ''): Promise<string> {
  const socket = connect(Number(new URL(test.url()).port), '127.0.0.1')
  socket.end(`${[...head, 'Connection: close'].join('\r\n')}\r\n\r\n${body}`)
  let answer = ''
  for await (const chunk of socket) answer += String(chunk)
  return answer
}

const faults = () => test.logged.filter((line) => Number(line['level']) >= 50)

it('answers documents of any depth and length with a refusal, and no fault', async () => {
  for (const query of [
    '{'.repeat(200_000),
    '{a'.repeat(50_000),
    `{ evaluationResults(where: ${'['.repeat(100_000)}) { nodes { id } } }`,
    `{ ${Array.from({ length: 5000 }, (_, index) => `a${index}: __typename`).join(' ')} }`,
    '{ evaluationResults { ...a } } fragment a on EvaluationResultConnection { ...a }',
    '\u0000',
    '"""',
  ]) {
    const [, answer] = await post(JSON.stringify({ query }))
    expect(answer).toMatch(/GRAPHQL_(PARSE|VALIDATION)_FAILED/)
  }
  expect(faults()).toEqual([])
})

it('follows fragments that spread each other twice only once', async () => {
  const doubling = Array.from(
    { length: 40 },
    (_, index) => `fragment f${index} on EvaluationResultConnection { ...f${index + 1} ...f${index + 1} }`,
  )
  const query = `{ evaluationResults(first: 1) { ...f0 } } ${doubling.join(' ')}
    fragment f40 on EvaluationResultConnection { nodes { id } }`
  expect(await test.query(query)).toMatchObject({ data: { evaluationResults: { nodes: [] } } })
})

it('takes values of any depth where it takes no such value', async () => {
  const deep = '['.repeat(200_000) + ']'.repeat(200_000)
  const browse = 'query ($w: EvaluationResultWhere) { evaluationResults(where: $w) { totalCount } }'
  const [status, answer] = await post(
    `{"query":${JSON.stringify(browse)},"variables":{"w":{"occurredAt":{"eq":${deep}}}}}`,
  )
  expect([status, answer]).toEqual([400, expect.stringContaining('DateTime takes text, not object.')])
  const start =
    'mutation ($o: JSON) { startExport(input: { format: CSV, source: { evaluationResults: {} }, formatOptions: $o }) { __typename } }'
  const [, refused] = await post(
    `{"query":${JSON.stringify(start)},"variables":{"o":{"a":${deep},"__proto__":1}}}`,
  )
  expect(refused).toContain('ValidationError')
  expect(faults()).toEqual([])
})

it('answers bodies that are no request with 400', async () => {
  for (const body of [
    '',
    'null',
    '[]',
    '"x"',
    '{',
    '\0',
    '[{"query":"{__typename}"}]',
    '{"query":5}',
    '{"query":"{__typename}","variables":[]}',
  ]) {
    expect((await post(body))[0], body).toBe(400)
  }
  const get = await fetch(`${test.url()}/graphql?query={__typename}&variables={`, {
    headers: { authorization: `Bearer ${test.key()}` },
  })
  expect([get.status, await get.text()]).toEqual([400, expect.stringContaining('not valid JSON')])
})

it('reads no more than a megabyte of a request', async () => {
  expect((await post(JSON.stringify({ query: '{ __typename }', pad: 'x'.repeat(2 ** 21) })))[0]).toBe(413)
})

it('takes JSON alone, and changes nothing by GET', async () => {
  for (const type of ['text/plain', 'application/octet-stream', 'multipart/form-data; boundary=x']) {
    expect((await post('{"query":"{__typename}"}', { 'content-type': type }))[0], type).toBe(415)
  }
  const get = await fetch(
    `${test.url()}/graphql?query=${encodeURIComponent('mutation { createApiKey(input: { name: "x" }) { secret } }')}`,
    { headers: { authorization: `Bearer ${test.key()}` } },
  )
  expect(get.status).toBe(405)
})

it('refuses addresses and hosts that are none without telling of its insides', async () => {
  for (const head of [
    ['POST /graphql HTTP/1.1', 'Host: a b'],
    ['POST /graphql HTTP/1.1', 'Host: ['],
    ['POST /graphql HTTP/1.1', 'Host: a/../b?c'],
    ['POST http://[/graphql HTTP/1.1', 'Host: x'],
    ['GET http://x:99999/healthz HTTP/1.1', 'Host: x'],
  ]) {
    const answer = await sendRaw([...head, 'Content-Type: application/json', 'Content-Length: 2'], '{}')
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
    expect(answer).not.toMatch(/node_modules|at .*\.js/)
  }
  expect(await sendRaw(['GET /healthz HTTP/1.1', 'Host: x', `X-Long: ${'x'.repeat(20_000)}`])).toMatch(
    / 431 /,
  )
  expect(await sendRaw(['OPTIONS * HTTP/1.1', 'Host: x'])).toMatch(/ 404 /)
})

it('takes every kind of text as a value and never as SQL', async () => {
  const hostile = [
    "'",
    "''",
    '\\',
    "\\'",
    "'; drop table evaluation_results; --",
    '$$',
    '$1',
    '/*',
    '*/',
    '--',
    ';',
    "E'\\'",
    '\u2028',
    '\u02bc',
    '%',
    '\t\n\r',
    '😀',
    'ｘ＇',
    '") --',
    '\\.',
    '\\N',
  ]
  const sql = test.database.client()
  await sql`insert into evaluation_results (project_id, occurred_at, occurred_at_source, run, framework, model, source_rank, ingest_key)
    select 1, now(), 'event', 'hostile', 'hostile', text, 1, sha256(convert_to(text, 'UTF8')) from unnest(${hostile}::text[]) text`
  const document = `query ($w: EvaluationResultWhere) {
    evaluationResults(where: $w) { totalCount nodes { model run } } }`
  for (const text of hostile) {
    for (const condition of [{ eq: text }, { in: [text] }, { in: ['other', text] }]) {
      const { data } = await test.query(document, { w: { model: condition } })
      expect(data, text).toEqual({
        evaluationResults: { totalCount: 1, nodes: [{ model: text, run: 'hostile' }] },
      })
    }
  }
  const { errors } = await test.query(document, { w: { model: { eq: 'a\0b' } } })
  expect(errors![0]!.extensions['code']).toBe('INVALID_INPUT')
  for (const half of ['\ud800', 'a\udc00']) {
    for (const condition of [{ eq: half }, { in: [half] }]) {
      const refused = await test.query(document, { w: { model: condition } })
      expect(refused.errors![0]!.extensions['code']).toBe('INVALID_INPUT')
    }
  }
})

it('refuses times that Postgres has no place for, and takes the outermost that it has', async () => {
  const document =
    'query ($t: DateTime) { evaluationResults(where: { occurredAt: { gt: $t } }) { totalCount } }'
  for (const time of [
    '0000-01-01T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-01-01T00:00:00+23:59',
    '2026-01-01T00:00:00-16:00',
    `2026-01-01T00:00:00.${'1'.repeat(200)}Z`,
    '99999-01-01T00:00:00Z',
    'infinity',
    'now',
    "2026-01-01T00:00:00Z'",
    '2026-01-01',
  ]) {
    const { errors } = await test.query(document, { t: time })
    expect(errors?.[0]!.extensions['code'], time).toBe('INVALID_INPUT')
  }
  for (const time of [
    '0001-01-01T00:00:00+15:00',
    '9999-12-31T23:59:59.9999999Z',
    '9999-12-31T23:59:59-15:59',
  ]) {
    expect((await test.query(document, { t: time })).errors, time).toBeUndefined()
  }
})

it('refuses ids and numbers of every wrong kind, and has no fault', async () => {
  for (const id of ['\0', '\ud800', '', 'exp_', `exp_${'0'.repeat(36)}`, 'x'.repeat(100_000)]) {
    expect((await test.query('query ($i: ID!) { exportJob(id: $i) { id } }', { i: id })).data).toEqual({
      exportJob: null,
    })
    const before = await test.query('query ($i: ID) { exportJobs(before: $i) { id } }', { i: id })
    expect(before.errors![0]!.extensions['code']).toBe('INVALID_INPUT')
    const revoked = await test.query(
      'mutation ($k: String!) { revokeApiKey(input: { key: $k }) { key { id } } }',
      { k: id },
    )
    expect(revoked.errors![0]!.extensions['code']).toBe('NOT_FOUND')
  }
  for (const number of ['1e999', '"NaN"', 'true', '{}']) {
    const query = 'query ($n: Float) { evaluationResults(where: { score: { gt: $n } }) { totalCount } }'
    expect((await post(`{"query":"${query}","variables":{"n":${number}}}`))[0], number).toBe(400)
  }
  expect(faults()).toEqual([])
})
