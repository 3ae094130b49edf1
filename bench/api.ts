import type { ServerProcess } from './server-process.ts'

/** Asks a server as a client does. @throws Error with what the answer says is wrong */
export async function query<Data>(
  server: ServerProcess,
  key: string,
  text: string,
  variables: object = {},
): Promise<Data> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: text, variables }),
  })
  const answer = (await response.json()) as { data: Data; errors?: unknown }
  if (answer.errors) throw new Error(JSON.stringify(answer.errors))
  return answer.data
}

/** @returns the id of the job */
export async function startExport(server: ServerProcess, key: string, input: object): Promise<string> {
  const { startExport: started } = await query<{ startExport: { job: { id: string } } }>(
    server,
    key,
    `mutation ($input: StartExportInput!) { startExport(input: $input) { ... on StartExportSuccess { job { id } } } }`,
    { input },
  )
  return started.job.id
}
