import type { TestApp } from './app.ts'

export interface TestJob {
  readonly id: string
  readonly status: string
  readonly version: number
  readonly progress: {
    rowsWritten: number
    bytesWritten: number
    percent: number | null
    rowsTotal: { value: number; isExact: boolean } | null
  }
  readonly failure: { code: string; message: string; hint: string | null } | null
  readonly file: { name: string; rows: number; bytes: number; sha256: string; downloadUrl: string } | null
}

export const jobFields = `id status version failure { code message hint }
  progress { rowsWritten bytesWritten percent rowsTotal { value isExact } }
  file { name rows bytes sha256 downloadUrl }`

/** Starts an export that must be taken. */
export async function startExport(test: TestApp, input: object, key?: string): Promise<TestJob> {
  const { data, errors } = await test.query<{ startExport: { job?: TestJob; message?: string } }>(
    `mutation ($input: StartExportInput!) { startExport(input: $input) {
      ... on StartExportSuccess { job { ${jobFields} } } ... on UserError { message } } }`,
    { input },
    key,
  )
  const job = data?.startExport.job
  if (!job) throw new Error(JSON.stringify(errors ?? data))
  return job
}

/** The job's final state, by asking, for at most half a minute. */
export async function awaitJob(test: TestApp, id: string, key?: string): Promise<TestJob> {
  for (let tries = 0; tries < 600; tries++) {
    const { data } = await test.query<{ exportJob: TestJob }>(
      `query ($id: ID!) { exportJob(id: $id) { ${jobFields} } }`,
      { id },
      key,
    )
    if (data.exportJob.status === 'SUCCEEDED' || data.exportJob.status === 'FAILED') return data.exportJob
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`the export ${id} did not end`)
}
