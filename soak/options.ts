import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

export interface SoakOptions {
  /** How many exports the folder is to have in the end, those of earlier runs among them. */
  readonly exports: number
  /** Where everything is kept; a run on the same folder goes on from what is there. */
  readonly folder: string
  readonly seed: number
  /** Print what is there, and run nothing. */
  readonly tableOnly: boolean
}

/** @throws Error for a flag that is wrong */
export function readOptions(args: readonly string[]): SoakOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      exports: { type: 'string', default: '3000' },
      folder: { type: 'string', default: join(tmpdir(), 'evalport-soak') },
      seed: { type: 'string', default: '1' },
      table: { type: 'boolean', default: false },
    },
  })
  return {
    exports: wholeNumber('exports', values.exports),
    folder: resolve(values.folder),
    seed: wholeNumber('seed', values.seed),
    tableOnly: values.table,
  }
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name}: give a whole number, not ${text}.`)
  return Number(text)
}
