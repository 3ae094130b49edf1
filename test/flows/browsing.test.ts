import { beforeAll, expect, it } from 'vitest'
import { useTestApp } from '../support/app.ts'
import { browse as browseApp, idsWhere as idsOf, insertBrowsedRows, type Page } from '../support/browsing.ts'
import { makeKey } from '../support/keys.ts'

const test = useTestApp()
beforeAll(() => insertBrowsedRows(test))

const browse = (variables: object) => browseApp(test, variables)
const idsWhere = (condition: string) => idsOf(test, condition)

it('gives each record once, in order, over pages of every size, forward and backward, across ties', async () => {
  for (const direction of ['DESC', 'ASC']) {
    const expected = await idsWhere('true')
    if (direction === 'ASC') expected.reverse()
    for (const size of [7, 100, 500]) {
      const forward: string[] = []
      for (let after: string | null | undefined; after !== null;) {
        const { page }: { page?: Page | undefined } = await browse({
          first: size,
          after,
          orderBy: { direction },
        })
        forward.push(...page!.nodes.map((node) => node.id))
        expect(page!.pageInfo.hasPreviousPage).toBe(after !== undefined)
        after = page!.pageInfo.hasNextPage ? page!.pageInfo.endCursor : null
      }
      expect(forward).toEqual(expected)
      const backward: string[] = []
      for (let before: string | null | undefined; before !== null;) {
        const { page }: { page?: Page | undefined } = await browse({
          last: size,
          before,
          orderBy: { direction },
        })
        backward.unshift(...page!.nodes.map((node) => node.id))
        expect(page!.pageInfo.hasNextPage).toBe(before !== undefined)
        before = page!.pageInfo.hasPreviousPage ? page!.pageInfo.startCursor : null
      }
      expect(backward).toEqual(expected)
    }
  }
})

it('refuses cursors that it did not make', async () => {
  const { page } = await browse({ first: 1 })
  const good = page!.pageInfo.endCursor!
  const encoded = (text: string) => Buffer.from(text).toString('base64url')
  for (const cursor of [
    '',
    'x',
    '\0',
    '\ud800',
    `${good}=`,
    ` ${good}`,
    `${good}!`,
    'x'.repeat(100_000),
    encoded('[]'),
    encoded('["now","1"]'),
    encoded('["2026-02-30T00:00:00.000000Z","1"]'),
    encoded('["9999-99-99T99:99:99.000000Z","1"]'),
    encoded('["0000-01-01T00:00:00.000000Z","1"]'),
    encoded('["999999-01-01T00:00:00.000000Z","1"]'),
    encoded('["2026-01-01T24:00:00.000000Z","1"]'),
    encoded('["2026-01-01T00:00:00.000000Z","1\'"]'),
    encoded('["2026-01-01T00:00:00.000000Z","9999999999999999999"]'),
    encoded('["2026-01-01T00:00:00.000000Z",1]'),
  ]) {
    // prettier-ignore
    expect((await browse({ first: 1, after: cursor })).code, cursor.slice(0, 80)).toBe('INVALID_INPUT')
    expect((await browse({ last: 1, before: cursor })).code, cursor.slice(0, 80)).toBe('INVALID_INPUT')
  }
  expect(
    (await browse({ first: 1, after: encoded('["9999-12-31T23:59:59.999999Z","1"]') })).code,
  ).toBeUndefined()
})

it('takes page sizes from 0 to 500, and one way at a time', async () => {
  expect((await browse({ first: 0 })).page!.nodes).toEqual([])
  expect((await browse({})).page!.nodes).toHaveLength(50)
  const cursor = (await browse({ first: 1 })).page!.pageInfo.endCursor
  for (const wrong of [
    { first: -1 },
    { first: 501 },
    { last: 501 },
    { first: 2 ** 31 - 1 },
    { first: 1, last: 1 },
    { first: 1, before: cursor },
    { last: 1, after: cursor },
    { after: cursor, before: cursor },
  ]) {
    expect((await browse(wrong)).code, JSON.stringify(wrong)).toBe('INVALID_INPUT')
  }
})

it('reads the fields that are selected through fragments, aliases and directives', async () => {
  const { data } = await test.query(
    `query ($yes: Boolean!, $no: Boolean!) {
      evaluationResults(first: 1, orderBy: { direction: ASC }) {
        ...page
        edges { again: node { ...on EvaluationResult { kind: model } prompt @skip(if: $yes) } cursor }
        nodes @include(if: $no) { response }
        ... @include(if: $yes) { nodes { attempt } }
      }
    }
    fragment page on EvaluationResultConnection { nodes { id ...some __typename } }
    fragment some on EvaluationResult { occurredAt score durationSeconds totalTokens success costReportedUsd scores
      prompt @include(if: $no) }`,
    { yes: true, no: false },
  )
  expect(data).toEqual({
    evaluationResults: {
      edges: [{ again: { kind: 'gpt-5-mini' }, cursor: expect.any(String) as string }],
      nodes: [{
        id: 'evr_1', occurredAt: '2026-01-01T00:00:01.234567Z', score: 0.919, durationSeconds: '0.001234567',
        totalTokens: 48, success: true, costReportedUsd: '0.000007', scores: null, __typename: 'EvaluationResult', attempt: 1,
      }], // prettier-ignore
    },
  })
})

it('gives a reader no content by any selection, and names each field that it refuses', async () => {
  const { secret } = await makeKey(test, { role: 'reader' })
  for (const selection of [
    'nodes { prompt }',
    'edges { node { id other: response } }',
    'nodes { id } edges { node { ...c } }',
    'nodes { ... @include(if: true) { expected } }',
  ]) {
    const fragment = selection.includes('...c') ? 'fragment c on EvaluationResult { errorMessage }' : ''
    const { data, errors } = await test.query(
      `{ evaluationResults { ${selection} } } ${fragment}`,
      {},
      secret,
    )
    expect(data).toBeNull()
    expect(errors![0]!.extensions['code']).toBe('FIELD_FORBIDDEN')
  }
  const { errors } = await test.query('{ evaluationResults { nodes { prompt sourceFile } } }', {}, secret)
  expect(errors![0]!.message).toMatch(/prompt is content[^]*source_file is content/)
})
