import { chmod, chown, lstat, readdir, readFile, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import type { Binaries } from './binaries.ts'
import { run, type Command } from './run.ts'

interface User {
  readonly uid: number
  readonly gid: number
}

/**
 * Who Postgres runs as. `self`: as we do. `mapped`: as we do, seen as `uid` inside a user namespace of its own, so that
 * files stay ours. `user`: really as that user.
 */
export type Identity = { readonly kind: 'self' } | ({ readonly kind: 'mapped' | 'user' } & User)

/** How Postgres, which refuses to run as root, is run when we are root. */
export type RootMode = 'mapped' | 'nobody'

/** The command that runs `args` as `identity`, in the environment the binaries need. */
export function commandAs(identity: Identity, binaries: Binaries, args: readonly string[]): Command {
  // By env(1), not by our child's environment: macOS strips DYLD_* from everything that passes through /bin/sh.
  const plain = binaries.environment.length ? ['env', ...binaries.environment, ...args] : args
  if (identity.kind === 'self') return command(plain)
  const { uid, gid } = identity
  if (identity.kind === 'user') return { ...command(plain), uid, gid }
  // unshare execs without forking: the child's pid is the postmaster's.
  return command(['unshare', '--user', `--map-user=${uid}`, `--map-group=${gid}`, '--', ...plain])
}

function command([file, ...args]: readonly string[]): Command {
  if (file === undefined) throw new Error('An empty command cannot be run.')
  return { file, args }
}

/**
 * Chooses an identity that can run `cluster` and, where that is another user, opens the way to it. An existing cluster's
 * owner decides, so that it is found again as it was left.
 */
export async function chooseIdentity(
  cluster: string,
  binaries: Binaries,
  rootMode?: RootMode,
): Promise<Identity> {
  const uid = process.getuid?.()
  const owner = await stat(cluster).catch(() => undefined)
  if (uid !== 0) return ordinaryIdentity(cluster, owner?.uid, uid, binaries)
  const users = await readUsers()
  const mapped = mappedIdentity(users)
  const user = owner && owner.uid !== 0 ? owner : users.find(({ name }) => name === 'nobody')
  const failures: string[] = []
  const works = async (identity: Identity) => {
    const { code, output } = await run(commandAs(identity, binaries, [binaries.postgres, '--version']))
    if (code !== 0) failures.push(output)
    return code === 0
  }
  const opened = (identity: User) =>
    openWay(dirname(cluster), identity).then(
      () => true,
      (error: Error) => {
        failures.push(error.message)
        return false
      },
    )
  const mayMap = rootMode !== 'nobody' && (owner === undefined || owner.uid === 0)
  if (mayMap && mapped && (await works(mapped))) return mapped
  if (rootMode !== 'mapped' && user) {
    const identity = { kind: 'user', uid: user.uid, gid: user.gid } as const
    if ((await opened(identity)) && (await works(identity))) {
      if (owner?.uid === 0) await giveTo(identity, cluster)
      return identity
    }
  }
  const reasons = failures.join('; ') || 'no such user'
  throw new Error(
    `Postgres refuses to run as root, and here it can be run neither in a user namespace nor as user ${user?.uid ?? 'nobody'} (${reasons}): run as an ordinary user, or set DATABASE_URL to a Postgres server.`,
  )
}

async function ordinaryIdentity(
  cluster: string,
  owner: number | undefined,
  uid: number | undefined,
  binaries: Binaries,
): Promise<Identity> {
  if (owner !== undefined) {
    if (owner === uid) return { kind: 'self' }
    throw new Error(
      `The database in ${cluster} belongs to user ${owner} and we are user ${uid}: start as that user, or give the folder to this one (chown -R ${uid}).`,
    )
  }
  try {
    userInfo()
    return { kind: 'self' }
  } catch {
    // initdb insists on a user that has a name; a container's made-up user id has none.
    const mapped = mappedIdentity(await readUsers())
    if (mapped && (await run(commandAs(mapped, binaries, [binaries.postgres, '--version']))).code === 0) {
      return mapped
    }
    throw new Error(
      `User ${uid} has no name on this machine, which making a Postgres database needs: add the user to /etc/passwd, or set DATABASE_URL.`,
    )
  }
}

async function readUsers(): Promise<(User & { name: string })[]> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '')
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':')
    return name && uid && gid && Number(uid) > 0 ? [{ name, uid: Number(uid), gid: Number(gid) }] : []
  })
}

function mappedIdentity(users: readonly (User & { name: string })[]): Identity | undefined {
  // Any name will do, but nobody's id is also what the kernel shows for files of users that are not mapped.
  const user = users.find(({ name }) => name !== 'nobody') ?? users[0]
  return process.platform === 'linux' && user ? { kind: 'mapped', uid: user.uid, gid: user.gid } : undefined
}

/**
 * Lets `identity`'s group, and nobody else, pass through the folder and its parent, which is taken to be our data folder.
 * Folders further up are not ours to open.
 */
async function openWay(folder: string, { uid, gid }: User): Promise<void> {
  const ours = [folder, dirname(folder)]
  for (let at = folder; at !== dirname(at); at = dirname(at)) {
    const { mode, uid: owner, gid: group } = await stat(at)
    const passable = owner === uid ? mode & 0o100 : group === gid ? mode & 0o010 : mode & 0o001
    if (passable) continue
    if (!ours.includes(at) || owner !== process.getuid?.() || at === userInfo().homedir) {
      throw new Error(
        `user ${uid} may not enter ${at}, and it is not ours to open: keep the data folder elsewhere, such as /var/lib/evalport`,
      )
    }
    await chown(at, owner, gid)
    await chmod(at, 0o710)
  }
}

/** Gives a folder with all that is in it to `identity`, where that is another user. */
export async function giveTo(identity: Identity, path: string): Promise<void> {
  if (identity.kind !== 'user') return
  const entry = await lstat(path)
  if (entry.isDirectory()) {
    for (const name of await readdir(path)) await giveTo(identity, join(path, name))
  }
  if (!entry.isSymbolicLink()) await chown(path, identity.uid, identity.gid)
}
