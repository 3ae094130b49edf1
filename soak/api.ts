/** The server did not take it, for a reason that the faults made here explain. */
export class Unanswered extends Error {
  readonly what: string
  constructor(what: string, cause?: unknown) {
    super(`the server did not answer: ${what}`, { cause })
    this.name = 'Unanswered'
    this.what = what
  }
}

export interface Api {
  /** @returns the id of the job. @throws Unanswered; a job may have been made all the same */
  startExport(input: object): Promise<string>
  /** Sends a file in. @throws Unanswered */
  ingest(path: string, body: string): Promise<void>
}

const patience = 60_000

interface Started {
  readonly data?: { readonly startExport: { readonly job?: { readonly id: string } } } | null
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[]
}

/** The server's API as clients use it. */
export function openApi(url: string, key: string): Api {
  const post = async (
    path: string,
    type: string,
    body: string,
  ): Promise<{ status: number; text: string }> => {
    try {
      const response = await fetch(`${url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': type },
        body,
        signal: AbortSignal.timeout(patience),
      })
      const answer = { status: response.status, text: await response.text() }
      if (answer.status >= 500) throw new Unanswered(`status ${answer.status}`)
      return answer
    } catch (error) {
      if (error instanceof Unanswered) throw error
      const { cause, name } = error as Error & { cause?: { code?: string } }
      throw new Unanswered(cause?.code ?? name, error)
    }
  }
  return {
    async startExport(input) {
      const query = `mutation ($input: StartExportInput!) { startExport(input: $input) {
        __typename ... on StartExportSuccess { job { id } } ... on UserError { message } } }`
      const { status, text } = await post(
        '/graphql',
        'application/json',
        JSON.stringify({ query, variables: { input } }),
      )
      const { data, errors } = JSON.parse(text) as Started
      const id = data?.startExport.job?.id
      if (id !== undefined) return id.slice('exp_'.length)
      const codes = errors?.map(({ extensions }) => extensions?.code ?? 'none') ?? []
      if (codes.some((code) => code === 'UNAVAILABLE' || code === 'INTERNAL'))
        throw new Unanswered(codes.join(' '))
      throw new Error(`The export was refused (${status}): ${text}\n${JSON.stringify(input)}`)
    },
    async ingest(path, body) {
      const query = new URLSearchParams({ path })
      const { status, text } = await post(`/ingest?${query.toString()}`, 'application/octet-stream', body)
      if (status !== 200) throw new Error(`The file was refused (${status}): ${text}`)
    },
  }
}
