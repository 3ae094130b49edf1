import { createClient, type Client, type ClientOptions } from 'graphql-ws'
import type { TestApp } from './app.ts'
import { jobFields, type TestJob } from './exports.ts'

export const jobUpdates = `subscription ($id: ID!) { exportJobUpdated(id: $id) { ${jobFields} } }`

export interface Answer {
  readonly data?: { readonly exportJobUpdated: TestJob } | null
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[]
}

/** A client of the graphql-ws protocol, on the socket that Node has. */
export function socketClient(
  test: TestApp,
  key: string | undefined = test.key(),
  more: Record<string, unknown> = {},
  options: Partial<ClientOptions> = {},
): Client {
  return createClient({
    url: `${test.url().replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: key === '' ? more : { Authorization: `Bearer ${key}`, ...more },
    retryAttempts: 0,
    ...options,
  })
}

/** One whose socket stays open while nothing goes on over it, so that only the server closes it. */
export function lastingSocketClient(test: TestApp, key: string): Client {
  return socketClient(test, key, {}, { lazy: false, onNonLazyError: () => {} })
}

/** All answers of a subscription over a socket, to its end. */
export async function watchBySocket(test: TestApp, id: string, key?: string): Promise<Answer[]> {
  const client = socketClient(test, key)
  const answers: Answer[] = []
  for await (const answer of client.iterate({ query: jobUpdates, variables: { id } })) {
    answers.push(answer as Answer)
  }
  await client.dispose()
  return answers
}

/** Begins a subscription by server-sent events. */
export async function openStream(
  test: TestApp,
  id: string,
  options: { key?: string; signal?: AbortSignal } = {},
): Promise<Response> {
  return fetch(`${test.url()}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer ${options.key ?? test.key()}`,
    },
    body: JSON.stringify({ query: jobUpdates, variables: { id } }),
    ...(options.signal && { signal: options.signal }),
  })
}

/** Its answers, one by one as they come; ends at the event `complete`. */
export async function* streamAnswers(response: Response): AsyncGenerator<Answer, void> {
  let text = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event = text.slice(0, end)
      text = text.slice(end + 2)
      if (/^event: complete$/m.test(event)) return
      const data = /^data: (.*)$/m.exec(event)?.[1]
      if (data) yield JSON.parse(data) as Answer
    }
  }
  throw new Error('the stream ended without the event complete')
}

/** All answers of a subscription by server-sent events, to its end. */
export async function watchByStream(test: TestApp, id: string, key?: string): Promise<Answer[]> {
  const answers: Answer[] = []
  const response = await openStream(test, id, key === undefined ? {} : { key })
  for await (const answer of streamAnswers(response)) answers.push(answer)
  return answers
}

/** The states in answers that must be all news. */
export function statesOf(answers: readonly Answer[]): TestJob[] {
  return answers.map((answer) => {
    if (!answer.data) throw new Error(JSON.stringify(answer.errors))
    return answer.data.exportJobUpdated
  })
}
