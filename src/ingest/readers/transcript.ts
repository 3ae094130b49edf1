import type { Reader } from '../reader.ts'
import { jsonItems } from '../json/json-items.ts'
import { jsonOutline } from '../json/json-outline.ts'
import { rejectOf } from './session-values.ts'
import { TranscriptReading } from './transcript-reading.ts'

/** Claude Code's own record of a session or of a sub-agent, as JSON lines, or as the array that a hook makes of it. */
export const transcript: Reader = {
  id: 'transcript',
  description: 'Claude Code: transcripts as JSON lines or as an array (chat.json)',
  rank: 2,

  detect(head) {
    const names = jsonOutline(head)
    const has = (...wanted: string[]) => wanted.every((name) => names.has(name))
    // A long message may hide what follows it.
    if (has('parentUuid', 'isSidechain')) return true
    return has('type') && (has('uuid') || has('sessionId') || has('leafUuid') || has('messageId', 'snapshot'))
  },

  async *read(file) {
    const reading = new TranscriptReading(file)
    for await (const item of jsonItems(file)) {
      if ('fault' in item) yield rejectOf(item.fault, item.position, item.text)
      else yield* reading.line(item.value, item.position)
    }
    yield* reading.end()
  },
}
