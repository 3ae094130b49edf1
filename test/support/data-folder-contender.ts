/** For each line it is sent, tries to take the lock of a data folder, and says whether it has it. Ends with its input. */
import { createInterface } from 'node:readline'
import { openDataFolder } from '../../src/data-folder.ts'

export interface ContenderAnswer {
  readonly state: 'ready' | 'won' | 'lost'
  readonly message?: string
}

const say = (answer: ContenderAnswer) => console.log(JSON.stringify(answer))
const { path, url } = JSON.parse(process.argv[2] ?? '') as { path: string; url?: string }
const folder = await openDataFolder(path)
say({ state: 'ready' })
for await (const _line of createInterface(process.stdin)) {
  try {
    await folder.lock(url === undefined ? {} : { url })
    say({ state: 'won' })
  } catch (error) {
    say({ state: 'lost', message: error instanceof Error ? error.message : String(error) })
  }
}
