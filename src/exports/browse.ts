import type { Caller } from '../core/caller.ts'
import type { Problem } from '../core/errors.ts'
import type { Direction } from '../core/export-spec.ts'
import type { Cell, Key } from '../core/record-batch.ts'
import type { Condition } from '../core/filter.ts'
import { fieldByName, type Dataset } from '../datasets/dataset.ts'
import { checkQuery, throwFindings } from './check-query.ts'
import { countRecords, keyOf, readPage, type Reading } from './read.ts'

/** A window on a dataset's records: `first` after a cursor, or `last` before one. */
export interface Window {
  readonly first?: number
  readonly last?: number
  readonly after?: string
  readonly before?: string
}

export interface BrowseQuery {
  readonly fields: readonly string[]
  readonly filter: readonly Condition[]
  readonly direction: Direction
  readonly window: Window
  /** The page ends early, and says that more follow, with the record that brings its stored bytes past so many. */
  readonly bytes: number
}

export interface BrowsedPage {
  readonly rows: readonly { readonly cells: Readonly<Record<string, Cell>>; readonly cursor: string }[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
}

export const defaultPageSize = 50
export const maxPageSize = 500

/**
 * One page of records as they are now, under the same policy as an export.
 * @throws AppError INVALID_INPUT or FIELD_FORBIDDEN
 */
export async function browse(
  context: Reading,
  caller: Caller,
  dataset: Dataset,
  query: BrowseQuery,
  problems: Problem[] = [],
): Promise<BrowsedPage> {
  const { first, last, after, before } = query.window
  const backward = last !== undefined || (before !== undefined && first === undefined)
  if (first !== undefined && last !== undefined) {
    problems.push({
      message: 'first and last exclude each other.',
      path: ['last'],
      suggestion: 'Give one of them.',
    })
  }
  if (backward ? after !== undefined : before !== undefined) {
    const [cursor, size] = backward ? ['after', 'first'] : ['before', 'last']
    problems.push({
      message: `${cursor} goes with ${size}.`,
      path: [cursor!],
      suggestion: `Give ${size}, or leave ${cursor} out.`,
    })
  }
  const size = (backward ? last : first) ?? defaultPageSize
  if (size < 0 || size > maxPageSize) {
    problems.push({ message: `A page has 0 to ${maxPageSize} records.`, path: [backward ? 'last' : 'first'] })
  }
  const cursor = backward ? before : after
  const key = cursor === undefined ? undefined : parseCursor(cursor)
  if (cursor !== undefined && !key) {
    problems.push({
      message: 'This is no cursor of ours.',
      path: [backward ? 'before' : 'after'],
      suggestion: 'Take one from pageInfo or an edge.',
    })
  }
  // At least one field is read, so that a page of nothing but cursors is a page all the same.
  const fields = query.fields.length > 0 ? query.fields : ['id']
  const findings = { problems, refused: [] }
  checkQuery(caller, dataset, { fields: [...fields], filter: [...query.filter] }, findings)
  throwFindings(findings)

  const selection = {
    projectId: caller.projectId,
    filter: query.filter,
    direction: backward ? opposite(query.direction) : query.direction,
  }
  const page = {
    ...selection,
    fields,
    ...(key && { after: key }),
    // One more than asked for tells whether there are more.
    rows: size + 1,
    bytes: query.bytes,
  }
  const batch = size === 0 ? undefined : await readPage(context, dataset, page)
  const found = batch?.rows ?? []
  // A page with large fields may have ended by its bytes instead of by the records.
  const mayGoOn = found.length <= size && fields.some((name) => fieldByName(dataset, name)?.unbounded)
  const goesOn = async () => {
    if (!batch || !mayGoOn) return false
    const after = keyOf(found.at(-1)!, fields)
    return (await readPage(context, dataset, { ...selection, fields: ['id'], after, rows: 1 })) !== undefined
  }
  const more = found.length > size || (await goesOn())
  const rows = found.slice(0, size).map((row) => ({
    cells: Object.fromEntries(fields.map((name, column) => [name, row[column] ?? null])),
    cursor: formatCursor(keyOf(row, fields)),
  }))
  return {
    rows: backward ? rows.reverse() : rows,
    hasNextPage: backward ? key !== undefined : more,
    hasPreviousPage: backward ? more : key !== undefined,
  }
}

function opposite(direction: Direction): Direction {
  return direction === 'ASC' ? 'DESC' : 'ASC'
}

/** How many records a caller's filter finds, exactly. */
export async function countMatches(
  context: Reading,
  caller: Caller,
  dataset: Dataset,
  filter: readonly Condition[],
): Promise<number> {
  const findings = { problems: [], refused: [] }
  checkQuery(caller, dataset, { fields: ['id'], filter: [...filter] }, findings)
  throwFindings(findings)
  return countRecords(context, dataset, { projectId: caller.projectId, filter })
}

function formatCursor(key: Key): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url')
}

/** The key in a cursor; undefined for anything that `formatCursor` did not make. */
function parseCursor(cursor: string): Key | undefined {
  const text = Buffer.from(cursor, 'base64url').toString()
  const match = /^\["((\d{4,6})(-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})\d{3}Z)","(\d{1,18})"\]$/.exec(text)
  if (!match) return undefined
  const [, time, year, rest, id] = match
  // A date that no calendar has would be an error of the database. Node reads years beyond 9999 with a sign only.
  const instant = new Date(`+${year!.padStart(6, '0')}${rest}Z`)
  const isReal = !Number.isNaN(instant.getTime()) && instant.toISOString().includes(rest!)
  return isReal && Number(year) > 0 && formatCursor([time!, id!]) === cursor ? [time!, id!] : undefined
}
