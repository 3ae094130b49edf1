import { isJsonObject } from '../json/exact-json.ts'
import { jsonItems } from '../json/json-items.ts'
import { jsonOutline } from '../json/json-outline.ts'
import type { Reader } from '../reader.ts'
import { OwnRecords } from './own-record.ts'
import { nearestTable, tableOf } from './own-tables.ts'
import { excerptOf } from './source-text.ts'

/** Records in our own columns as JSON lines or an array of objects: an export of ours, or what another harness wrote. */
export const ownJson: Reader = {
  id: 'own-json',
  description: 'our own columns: NDJSON or a JSON array, with the field names of a dataset',
  // Whoever writes our columns has looked at what they mean.
  rank: 4,

  detect(head) {
    return tableOf(topMembers(jsonOutline(head))) !== undefined
  },

  async *read(file) {
    let records: OwnRecords | undefined
    for await (const item of jsonItems(file)) {
      const { position } = item
      if ('fault' in item) {
        yield { kind: 'reject', reason: item.fault, position, excerpt: excerptOf(item.text) }
        continue
      }
      const { value } = item
      if (!records && isJsonObject(value)) {
        const table = nearestTable(new Set(Object.keys(value)))
        if (table) records = new OwnRecords(table, file)
      }
      if (records) yield* records.outputsOf(value, position)
      else {
        const reason = 'has no field of any dataset'
        yield { kind: 'reject', reason, position, excerpt: excerptOf(JSON.stringify(value)) }
      }
    }
  },
}

/** The members of the object itself: those within a member of it are named after that. */
function topMembers(outline: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...outline].filter((name) => !outline.has(name.split('.', 1)[0]!) || !name.includes('.')))
}
