import { readFileSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Which processes a run has started: one that is killed itself leaves them behind. */
const noteIn = (folder: string) => join(folder, 'processes.json')

export async function notePids(folder: string, pids: readonly number[]): Promise<void> {
  await writeFile(noteIn(folder), JSON.stringify(pids))
}

/** Ends, by their numbers, the processes that a killed run on the folder left. */
export async function endLeftovers(folder: string): Promise<void> {
  const text = await readFile(noteIn(folder), 'utf8').catch(() => '[]')
  for (const pid of JSON.parse(text) as number[]) {
    // By now the number may be another's.
    if (environmentOf(pid).includes(`EVALPORT_DATA_DIR=${folder}/`)) process.kill(pid, 'SIGKILL')
  }
  await rm(noteIn(folder), { force: true })
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return ''
  }
}
