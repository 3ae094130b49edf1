import { readFileSync, rmSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { z } from 'zod'

const runtime = z.object({ pid: z.int(), port: z.int() })

/** What a running server leaves for other processes of the machine to find it by. */
export type Runtime = z.infer<typeof runtime>

/** The server last seen, which may have ended since; undefined when there is none. */
export async function readRuntime(path: string): Promise<Runtime | undefined> {
  return parse(await readFile(path, 'utf8').catch(() => ''))
}

/** Written in one step: a reader sees the old or the new, never a half. */
export async function writeRuntime(path: string, value: Runtime): Promise<void> {
  const draft = `${path}.new`
  await writeFile(draft, JSON.stringify(value), { mode: 0o600 })
  await rename(draft, path)
}

/** Removes the note of server `pid`, but not its successor's. */
export function removeRuntime(path: string, pid: number): void {
  try {
    if (parse(readFileSync(path, 'utf8'))?.pid === pid) rmSync(path)
  } catch {
    // Gone already, perhaps with the whole folder: what matters is that nobody trusts it unverified.
  }
}

function parse(text: string): Runtime | undefined {
  try {
    return runtime.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
