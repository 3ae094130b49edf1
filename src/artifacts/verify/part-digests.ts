import { createHash } from 'node:crypto'
import type { ManifestPart } from '../../core/manifest.ts'

/** Compares each part with its digest as the bytes of the file pass. */
export interface PartDigests {
  readonly read: (chunk: Uint8Array) => void
  /** The numbers, from 0, of the parts that are not as they should be, whether they came whole or not. */
  readonly end: () => readonly number[]
}

/** @param parts in file order, without gaps from 0 */
export function partDigests(parts: readonly ManifestPart[]): PartDigests {
  const wrong: number[] = []
  let hash = createHash('sha256')
  let index = 0
  let left = parts[0]?.bytes ?? 0

  const finishParts = () => {
    while (index < parts.length && left === 0) {
      if (hash.digest('hex') !== parts[index]!.sha256) wrong.push(index)
      hash = createHash('sha256')
      index++
      left = parts[index]?.bytes ?? 0
    }
  }
  return {
    read(chunk) {
      for (let at = 0; at < chunk.length;) {
        finishParts()
        if (index === parts.length) return
        const taken = Math.min(left, chunk.length - at)
        hash.update(chunk.subarray(at, at + taken))
        at += taken
        left -= taken
      }
    },
    end() {
      finishParts()
      for (; index < parts.length; index++) wrong.push(index)
      return wrong
    },
  }
}
