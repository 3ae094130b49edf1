import { readFile } from 'node:fs/promises'
import { AppError } from '../core/errors.ts'
import { JsonFault, parseExactJson } from './json/json-parser.ts'
import { builtInPrices } from './normalise/price-table.ts'
import { parsePriceTable } from './normalise/prices-file.ts'
import type { PriceTable } from './normalise/prices.ts'

/**
 * The prices in force: those of a file, or without one the built-in ones.
 * @throws AppError INVALID_INPUT that names the file and all that is wrong in it
 */
export async function loadPrices(path: string | undefined): Promise<PriceTable> {
  if (path === undefined) return builtInPrices
  const refuse = (why: string) =>
    new AppError('INVALID_INPUT', `The price table ${path} (EVALPORT_PRICES) cannot be used: ${why}`, {
      hint: 'evalport prices prints one that can; without EVALPORT_PRICES the built-in one is used.',
    })
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw refuse(error.message)
  })
  try {
    return parsePriceTable(parseExactJson(text))
  } catch (error) {
    if (error instanceof JsonFault || error instanceof AppError) throw refuse(error.message)
    throw error
  }
}
