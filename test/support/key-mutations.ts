import type { TestApp } from './app.ts'

export interface Key {
  readonly id: string
  readonly name: string
  readonly prefix: string
  readonly project: string
  readonly role: string
  readonly scopes: string[] | null
  readonly isGood: boolean
  readonly createdAt: string
  readonly lastUsedAt: string | null
  readonly expiresAt: string | null
  readonly revokedAt: string | null
  readonly replacedBy: string | null
}

const keyFields =
  'id name prefix project role scopes isGood createdAt lastUsedAt expiresAt revokedAt replacedBy'

/** What clients do with keys, through GraphQL. */
export function keyMutations(test: TestApp) {
  const change = async (mutation: string, input: object, as?: string) => {
    const type = mutation[0]!.toUpperCase() + mutation.slice(1)
    const secret = /create|rotate/.test(mutation) ? 'secret' : ''
    const replaced = mutation === 'rotateApiKey' ? `replaced { ${keyFields} }` : ''
    const { data, errors } = await test.query<Record<
      string,
      { key: Key; secret: string; replaced: Key }
    > | null>(
      `mutation ($input: ${type}Input!) { ${mutation}(input: $input) { key { ${keyFields} } ${secret} ${replaced} } }`,
      { input },
      as,
    )
    const problems = errors?.[0]?.extensions['problems'] as { path: string[]; suggestion?: string }[]
    return { ...data?.[mutation], errors, code: errors?.[0]?.extensions['code'], problems }
  }
  return {
    create: (name: string, more: object = {}, as?: string) => change('createApiKey', { name, ...more }, as),
    revoke: (key: string, as?: string) => change('revokeApiKey', { key }, as),
    update: (key: string, more: object, as?: string) => change('updateApiKey', { key, ...more }, as),
    rotate: (key: string, more: object = {}, as?: string) => change('rotateApiKey', { key, ...more }, as),
    list: async (as?: string): Promise<readonly Key[]> =>
      (await test.query<{ apiKeys: Key[] }>(`{ apiKeys { ${keyFields} } }`, {}, as)).data.apiKeys,
    /** Whether one may come in by a key. */
    works: async (key: string) => (await test.query('{ exportFormats { id } }', {}, key)).status === 200,
    /** Lets the end of a key come. */
    pass: (id: string) =>
      test.database.client()`update principals set expires_at = now() - interval '1 second' where id = ${id}`,
  }
}

export const hoursBetween = (from: string, to: string): number =>
  (Date.parse(to) - Date.parse(from)) / 3_600_000
