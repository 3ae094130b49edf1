import { readFile, readlink, realpath } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from './run.ts'

/** What a cluster's `postmaster.pid` says. */
export interface Postmaster {
  readonly pid: number
  readonly status: 'starting' | 'ready' | 'stopping' | 'unknown'
}

/** Reads a cluster's `postmaster.pid`: undefined when there is none, or none that is whole. It may be stale. */
export async function readPostmaster(cluster: string): Promise<Postmaster | undefined> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')
  const lines = text.split('\n')
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  const status = lines[7]?.trim()
  return {
    pid,
    status: status === 'starting' || status === 'ready' || status === 'stopping' ? status : 'unknown',
  }
}

/** Whether a process is a Postgres of this cluster, not one that got a dead one's number. */
async function belongsTo(pid: number, cluster: string): Promise<boolean> {
  if (!isAlive(pid)) return false
  if (process.platform === 'linux') {
    // Every process of a server works in its data directory.
    const folder = await readlink(`/proc/${pid}/cwd`).catch(() => undefined)
    if (folder !== undefined) return folder === (await realpath(cluster))
    // A zombie has none, and of another user's process even a container's root may not know it: any Postgres counts.
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    return basename(line.split('\0')[0] ?? '') === 'postgres'
  }
  const { output } = await run({ file: 'ps', args: ['-ww', '-o', 'command=', '-p', String(pid)] })
  return output.includes('postgres')
}

/** Whether there is a process of this number, whosever it is. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * Waits until no server runs on the cluster: briefly, or long when it is stopping. Throws when it keeps running. Returns the
 * number its stale `postmaster.pid` names, if there is one.
 */
export async function awaitNoPostmaster(cluster: string): Promise<number | undefined> {
  const begun = performance.now()
  for (;;) {
    const found = await readPostmaster(cluster)
    if (!found || !(await belongsTo(found.pid, cluster))) return found?.pid
    if (performance.now() - begun > (found.status === 'stopping' ? 60_000 : 3_000)) {
      throw alreadyRunning(cluster, found.pid)
    }
    await sleep(25)
  }
}

export function alreadyRunning(cluster: string, pid: number | undefined): Error {
  return new Error(
    `A Postgres server (process ${pid ?? 'unknown'}) is already running on ${cluster}: stop the evalport that uses this folder, or choose another data folder.`,
  )
}
