// Makes a fresh clone ready: installs the packages from the lockfile when they are missing or out of date. Plain JavaScript,
// since the Node that runs this may be an old one; the one that runs everything else comes with the packages.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const mark = `${root}node_modules/.installed-lockfile`
const digest = createHash('sha256')
  .update(readFileSync(`${root}package-lock.json`))
  .digest('hex')

if (!existsSync(mark) || readFileSync(mark, 'utf8') !== digest) {
  console.error('Installing packages from the lockfile …')
  // The runtime's own warnings about the old Node's version would only mislead: it is not the one that is used.
  // Development packages and the optional ones, runtime and database, are needed whatever the machine's settings say.
  const npm = spawnSync(
    'npm',
    ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: root,
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32',
    },
  )
  if (npm.status !== 0) {
    console.error('The packages could not be installed; what npm said is above.')
    process.exit(npm.status ?? 1)
  }
  writeFileSync(mark, digest)
}

const bundled = `${root}node_modules/.bin/node`
const runtime = existsSync(bundled) ? spawnSync(bundled, ['--version'], { encoding: 'utf8' }) : undefined
if (runtime && runtime.status !== 0) {
  console.error(
    `The Node that came with the packages does not run on this machine: ${runtime.error?.message ?? runtime.stderr.trim()}. ` +
      'It is made for Linux with glibc.',
  )
  process.exit(1)
}
const version = runtime ? runtime.stdout.trim() : process.version
if (Number(version.slice(1).split('.')[0]) < 24) {
  console.error(
    `Evalport needs Node 24 or newer, and this is ${version}. On Linux (x64, arm64) it comes with the packages; ` +
      'elsewhere install it from nodejs.org.',
  )
  process.exit(1)
}
