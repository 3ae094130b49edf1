import { invalidInput } from '../core/errors.ts'
import { csv } from './csv.ts'
import type { Formatter } from './formatter.ts'
import { json } from './json.ts'
import { ndjson } from './ndjson.ts'
import { xml } from './xml.ts'

/** Every format, in the order in which clients see them. */
export const formatters: readonly Formatter[] = [csv, json, ndjson, xml]

/** @throws AppError `INVALID_INPUT` naming the known formats when there is none of this id */
export function formatterById(id: string): Formatter {
  const formatter = formatters.find((each) => each.id === id)
  if (formatter) return formatter
  throw invalidInput([
    {
      message: `There is no format "${id}".`,
      path: ['format'],
      suggestion: `The formats are ${formatters.map((each) => each.id).join(', ')}.`,
    },
  ])
}
