import { isJsonObject, type ExactJson } from '../json/exact-json.ts'
import { parseExactJson } from '../json/json-parser.ts'
import type { RecordTable } from './record-tables.ts'
import { emptyVersion, type Version } from './version.ts'

/** What is known of a record that has a retelling: by its own sources, and by the retelling. */
export interface Parts {
  readonly own: Version
  readonly retelling: Version
}

/** As JSON for the row: `[[{field: [cell, rank]}, {kind: [json, rank]}], …]`. */
export function partsJson({ own, retelling }: Parts): string {
  return JSON.stringify([own, retelling].map(partOf))
}

/** @param merged has the keys of both */
export function parsedParts(table: RecordTable, merged: Version, json: string): Parts {
  const [own, retelling] = parseExactJson(json) as readonly ExactJson[]
  const { ingestKey, matchKey, partnerKey } = merged
  return {
    own: versionOf(emptyVersion(table, { ingestKey, matchKey, partnerKey: null }), own!),
    retelling: versionOf(emptyVersion(table, { ingestKey: partnerKey!, matchKey, partnerKey }), retelling!),
  }
}

function partOf({ table, cells, ranks, raw }: Version) {
  const fields = table.columns.flatMap(({ name }, index) =>
    cells[index] === null ? [] : [[name, [cells[index], ranks[index]]] as const],
  )
  const told = [...raw].map(([kind, { json, rank }]) => [kind, [json, rank]] as const)
  return [Object.fromEntries(fields), Object.fromEntries(told)]
}

function versionOf(version: Version, part: ExactJson): Version {
  const [fields, told] = part as readonly ExactJson[]
  if (!isJsonObject(fields) || !isJsonObject(told))
    throw new Error('a part of a record is not as it was written')
  for (const [name, pair] of Object.entries(fields)) {
    const index = version.table.at(name)
    const [cell, rank] = pair as readonly [string, number]
    version.cells[index] = cell
    version.ranks[index] = rank
  }
  for (const [kind, pair] of Object.entries(told)) {
    const [json, rank] = pair as readonly [string, number]
    version.raw.set(kind, { json, rank })
  }
  return version
}
