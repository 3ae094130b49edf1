import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const src = fileURLToPath(new URL('../src', import.meta.url))
const files = globSync('**/*.ts', { cwd: src }).sort()

interface Import {
  readonly file: string
  /** The folder or top-level file that imports, and the one that is imported. */
  readonly from: string
  readonly to: string
  readonly target: string
  readonly typeOnly: boolean
}

const room = (path: string) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : path)

const imports: readonly Import[] = files.flatMap((file) => {
  const text = readFileSync(join(src, file), 'utf8')
  const found = [
    ...text.matchAll(
      /^(?:import|export)\b(?<kind> type\b)?[^'"]*?from '(?<path>\.[^']+)'|^import '(?<bare>\.[^']+)'|\bimport\('(?<late>\.[^']+)'\)/gms,
    ),
  ]
  return found.map(({ groups }) => {
    const target = relative(
      src,
      join(src, dirname(file), groups!['path'] ?? groups!['bare'] ?? groups!['late']!),
    )
    return { file, from: room(file), to: room(target), target, typeOnly: groups!['kind'] !== undefined }
  })
})

const parts = ['datasets', 'jobs', 'access', 'audit', 'formatters', 'privacy', 'artifacts']
const useCases = ['exports', 'ingest', 'accounts', 'retention']
const doors = ['graphql', 'http', 'commands']
const process = [
  'cli.ts',
  'command-line.ts',
  'app.ts',
  'host.ts',
  'config.ts',
  'data-folder.ts',
  'lost-connections.ts',
  'package-version.ts',
  'restored-database.ts',
  'secrets.ts',
  'stored-secret.ts',
  'upkeep.ts',
]

/** What each room may import beside itself; the process layer may import everything. */
const allowed: Record<string, readonly string[]> = {
  core: [],
  db: ['core'],
  datasets: ['db', 'core'],
  jobs: ['db', 'core'],
  access: ['db', 'core'],
  audit: ['db', 'core'],
  formatters: ['core'],
  privacy: ['core'],
  artifacts: ['core'],
  exports: [...parts, 'db', 'core'],
  ingest: [...parts, 'db', 'core'],
  accounts: [...parts, 'db', 'core'],
  retention: [...parts, 'db', 'core'],
  // Doors know each other only downwards: http serves the GraphQL schema.
  graphql: [...useCases, 'access', 'datasets', 'formatters', 'privacy', 'core'],
  http: ['graphql', ...useCases, 'access', 'core'],
  // `verify` has the files, and no server.
  commands: ['http', ...useCases, 'artifacts', 'core'],
}

it('finds imports to judge', () => {
  expect(imports.length).toBeGreaterThan(200)
})

it('has only rooms that the layers know', () => {
  const rooms = [...new Set(files.map(room))]
  expect(rooms.filter((each) => !Object.hasOwn(allowed, each) && !process.includes(each))).toEqual([])
})

it('imports downwards only', () => {
  const wrong = imports.filter(({ from, to, typeOnly }) => {
    if (process.includes(from) || from === to || allowed[from]?.includes(to)) return false
    // Doors receive the process' values; only their types may be imported.
    return !(typeOnly && doors.includes(from) && process.includes(to))
  })
  expect(wrong.map((each) => `${each.file} imports ${each.target}`)).toEqual([])
})

it('reads the environment in config.ts alone', () => {
  const readers = files.filter((file) =>
    /\bprocess\s*\.\s*env\b|\bprocess\s*\[/.test(readFileSync(join(src, file), 'utf8')),
  )
  expect(readers).toEqual(['config.ts'])
})

it('reads records in exports/read.ts alone', () => {
  const callers = files.filter((file) =>
    /\.(page|count)\(\{|\.page\(|dataset\.count\(/.test(readFileSync(join(src, file), 'utf8')),
  )
  expect(callers).toEqual(['exports/read.ts'])
  const copying = imports.filter((each) => each.target === 'db/copy-rows.ts')
  expect(copying.map((each) => each.file)).toEqual(['exports/read.ts'])
})

it('treats what leaves in exports/read.ts alone, and decides who may see it in privacy/policy.ts alone', () => {
  const treating = imports.filter((each) => each.target === 'privacy/treatment.ts' && !each.typeOnly)
  expect(treating.map((each) => each.file)).toEqual(['exports/read.ts'])
  const deciding = files.filter((file) => /\.sensitivity\b/.test(readFileSync(join(src, file), 'utf8')))
  // The two in graphql tell the class; nothing hangs on it there.
  expect(deciding).toEqual(['graphql/datasets.ts', 'graphql/export-formats.ts', 'privacy/policy.ts'])
})

it('touches record tables in their datasets, their ingest and the schema alone', () => {
  const tables = /\b(?:evaluationResults|performanceMetrics|agentInteractions|toolCalls)\b/
  const users = imports.filter(
    ({ file, target }) =>
      target === 'db/schema/schema.ts' && tables.test(readFileSync(join(src, file), 'utf8')),
  )
  expect(users.map((each) => each.file)).toEqual([
    'datasets/agent-interactions.ts',
    'datasets/evaluation-results.ts',
    'datasets/performance-metrics.ts',
    'datasets/tool-calls.ts',
    'ingest/store/record-tables.ts',
  ])
  const byName = files.filter((file) =>
    /\b(?:from|join|into|update)\s+(?:evaluation_results|performance_metrics|agent_interactions|tool_calls)\b/i.test(
      readFileSync(join(src, file), 'utf8'),
    ),
  )
  expect(byName.filter((file) => !file.startsWith('ingest/'))).toEqual([])
})

it('writes the status of export jobs in exports/job-status/ alone', () => {
  const writers = files.filter((file) =>
    /(?:insert|update|delete)\(exportJobs\)|(?:update|insert into|delete from)\s+export_jobs/i.test(
      readFileSync(join(src, file), 'utf8'),
    ),
  )
  expect(writers.length).toBeGreaterThan(0)
  expect(writers.filter((file) => !file.startsWith('exports/job-status/'))).toEqual([])
})
