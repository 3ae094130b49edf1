import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, link, open, readFile, rm } from 'node:fs/promises'

/**
 * A secret in a file that only its owner may read, made at the first start; of two processes that make one at once, one
 * wins for both.
 * @param make the content of a new file
 */
export async function storedSecret(path: string, make: () => string): Promise<string> {
  if (!existsSync(path)) await makeSecret(path, make())
  // Whoever restored it from a backup may have lost that.
  await chmod(path, 0o600)
  return (await readFile(path, 'utf8')).trim()
}

async function makeSecret(path: string, text: string): Promise<void> {
  const fresh = `${path}.${randomBytes(8).toString('hex')}`
  const file = await open(fresh, 'wx', 0o600)
  await file.writeFile(`${text}\n`)
  await file.sync()
  await file.close()
  try {
    await link(fresh, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(fresh)
  }
}
