import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Binaries } from './binaries.ts'
import { commandAs, giveTo, type Identity } from './identity.ts'
import { run } from './run.ts'

const draftPrefix = 'initialising-'

/** The folders and files of one embedded Postgres. */
export function clusterPaths(folder: string) {
  return {
    /** Postgres' own data directory: there once it is whole, never half made. */
    cluster: join(folder, 'cluster'),
    password: join(folder, 'password'),
    log: join(folder, 'postgres.log'),
    runtime: join(folder, 'runtime.json'),
    libraries: join(folder, 'libraries'),
  }
}

/** The password of the database user, or undefined while there is none. */
export async function readPassword(folder: string): Promise<string | undefined> {
  const text = await readFile(clusterPaths(folder).password, 'utf8').catch(absent)
  return text?.trim()
}

/** Makes the cluster if there is none yet and returns its password. Killed half-way, it begins afresh the next time. */
export async function ensureCluster(
  folder: string,
  binaries: Binaries,
  identity: Identity,
  durable: boolean,
): Promise<string> {
  const { cluster } = clusterPaths(folder)
  const exists = (await stat(cluster).catch(absent)) !== undefined
  const password = (await readPassword(folder)) ?? (exists ? undefined : await makePassword(folder))
  if (password === undefined) {
    throw new Error(
      `The database in ${cluster} has lost its password file ${clusterPaths(folder).password}: put it back.`,
    )
  }
  if (!exists) await makeCluster(folder, binaries, identity, password, durable)
  return password
}

/** Removes what interrupted attempts left. Only for one who runs the cluster: someone else may still be making it. */
export async function removeDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    // What cannot be removed now (its initdb may outlive its parent by a second) is removed the next time.
    if (name.startsWith(draftPrefix))
      await rm(join(folder, name), { recursive: true, force: true }).catch(() => {})
  }
}

async function makePassword(folder: string): Promise<string> {
  const { password } = clusterPaths(folder)
  const draft = draftPath(folder)
  await writeFile(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx', flush: true })
  // Linked, not renamed: of two first starts at once both go on with one password.
  await link(draft, password).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await rm(draft)
  return (await readFile(password, 'utf8')).trim()
}

async function makeCluster(
  folder: string,
  binaries: Binaries,
  identity: Identity,
  password: string,
  durable: boolean,
): Promise<void> {
  const { cluster } = clusterPaths(folder)
  const draft = draftPath(folder)
  try {
    await rename(await initialise(draft, binaries, identity, password, durable), cluster)
    await syncFolder(folder)
  } catch (error) {
    // Another process may have been first, with the same password, and have removed what is left of this attempt.
    if ((await stat(cluster).catch(absent)) === undefined) throw error
  } finally {
    await rm(draft, { recursive: true, force: true }).catch(() => {})
  }
}

/** Makes a whole cluster inside `draft`, which must not exist, and returns its path. */
async function initialise(
  draft: string,
  binaries: Binaries,
  identity: Identity,
  password: string,
  durable: boolean,
): Promise<string> {
  const cluster = join(draft, 'cluster')
  const passwordFile = join(draft, 'password')
  await mkdir(cluster, { mode: 0o700, recursive: true })
  await writeFile(passwordFile, password, { mode: 0o600, flag: 'wx' })
  await giveTo(identity, draft)
  const { code, output } = await run(
    commandAs(identity, binaries, [
      binaries.initdb,
      `--pgdata=${cluster}`,
      '--username=evalport',
      '--auth=scram-sha-256',
      `--pwfile=${passwordFile}`,
      '--encoding=UTF8',
      '--locale=C',
      ...(await localeOf(binaries, identity)),
      '--text-search-config=english',
      ...(durable ? [] : ['--no-sync']),
    ]),
  )
  if (code === 0) return cluster
  const hint =
    code === 127
      ? ' The programs need glibc, which for example Alpine Linux has not: set DATABASE_URL there.'
      : ''
  throw new Error(
    `Postgres could not make its database in ${draft} (initdb, code ${code}):\n${output}${hint}`,
  )
}

/** Postgres' own locale, where it has one: other versions than the installed one may be older. */
async function localeOf(binaries: Binaries, identity: Identity): Promise<readonly string[]> {
  const { output } = await run(commandAs(identity, binaries, [binaries.initdb, '--version']))
  const major = Number(/(\d+)\./.exec(output)?.[1])
  return major < 17 ? [] : ['--locale-provider=builtin', '--builtin-locale=C.UTF-8']
}

function draftPath(folder: string): string {
  return join(folder, `${draftPrefix}${randomBytes(6).toString('hex')}`)
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
