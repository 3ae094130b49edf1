import type { FieldType } from '../../core/field.ts'
import { needsGuard } from '../../formatters/formula-guard.ts'
import { JsonNumber } from '../json/exact-json.ts'
import type { ExactJson } from '../json/exact-json.ts'
import { parseExactJson } from '../json/json-parser.ts'

/** As `JsonParser` would have it, so that a record is the same whether it was written as CSV or as JSON. */
const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/**
 * A cell as the JSON value that it stands for, by its column's type. What is no value of the type stays a text, and
 * is found wrong with those of JSON files.
 * @throws JsonFault for a cell of JSON that is none
 */
export function cellValue(type: FieldType, cell: string): ExactJson {
  switch (type) {
    case 'text':
    case 'timestamp':
      return unguarded(cell)
    case 'json':
      return parseExactJson(unguarded(cell))
    case 'bool':
      return cell === 'true' ? true : cell === 'false' ? false : cell
    case 'int':
    case 'bigint':
    case 'decimal':
    case 'float':
      if (!number.test(cell)) return cell
      return String(Number(cell)) === cell ? Number(cell) : new JsonNumber(cell)
  }
}

/** Without the apostrophe that our CSV puts before what a spreadsheet might run; taking it away restores the text. */
function unguarded(cell: string): string {
  return cell.startsWith("'") && needsGuard(cell.slice(1)) ? cell.slice(1) : cell
}
