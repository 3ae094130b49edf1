import { bool, textCell, unknown } from './cells.ts'
import { base62 } from './draw.ts'
import { seedTable } from './table.ts'
import { tools } from './texts.ts'
import { momentCell, momentOf } from './timeline.ts'

const refusals = ['File has not been read yet. Read it first before writing to it.', 'Command timed out after 2m 0.0s', 'String to replace not found in file.', 'The user doesn’t want to proceed with this tool use.'].map((text) => ({ text: textCell(text), json: textCell(JSON.stringify(text)), bytes: String(Buffer.byteLength(JSON.stringify(text))) })) // prettier-ignore

export const toolCalls = seedTable(
  'tool_calls',
  19,
  {
    occurred_at: 'instant',
    source_file: 'text?',
    source_rank: 'rank',
    raw: 'json?',
    occurred_at_source: 'word',
    session_id: 'name?',
    call_id: 'name?',
    tool_name: 'name?',
    tool_type: 'word?',
    mcp_server: 'name?',
    agent_id: 'name?',
    is_sidechain: 'bool?',
    started_at: 'instant?',
    ended_at: 'instant?',
    duration_ns: 'nanoseconds?',
    success: 'bool?',
    interrupted: 'bool?',
    arguments: 'json?',
    result: 'json?',
    arguments_bytes: 'bytes?',
    result_bytes: 'bytes?',
    error_message: 'text?',
  },
  ({ sessions, draw, index }) => {
    const tool = draw.of(tools)
    const drawn = draw.bits()
    const sessionId = sessions.idOf(index)
    const count = drawn & 127
    const started = momentOf(index, draw)
    const took = draw.around(tool.median * 1000)
    const failed = ((drawn >>> 7) & 31) === 0
    const isSide = ((drawn >>> 12) & 15) === 0
    // Old hook logs know neither ids nor times.
    const isOld = ((drawn >>> 16) & 3) === 0
    const refusal = refusals[(drawn >>> 18) & 3]!
    const asked = draw.of(tool.arguments)
    const gave = draw.of(tool.results)
    return {
      occurred_at: momentCell(started),
      source_file: `logs/${sessionId}/${isOld ? 'post_tool_use' : 'chat'}.json`,
      source_rank: isOld ? '2200' : '2700',
      raw:
        drawn >>> 27 === 0
          ? `{"post_tool_use": {"hook_event_name": "PostToolUse", "session_id": "${sessionId}"}}`
          : unknown,
      occurred_at_source: isOld ? 'file_mtime' : 'event',
      session_id: sessionId,
      call_id: isOld ? unknown : `toolu_01${draw.text(base62, 22)}`,
      tool_name: tool.name,
      tool_type: tool.type,
      mcp_server: tool.server ?? unknown,
      agent_id: isSide ? `a${sessionId.slice(0, 8)}` : unknown,
      is_sidechain: isOld ? unknown : bool(isSide),
      started_at: isOld ? unknown : momentCell(started),
      ended_at: isOld ? unknown : momentCell(started + took),
      duration_ns: isOld ? unknown : String(took * 1000),
      success: bool(!failed),
      interrupted: isOld ? unknown : bool(failed && (drawn & 3) === 0),
      arguments: asked.with(count),
      result: failed ? refusal.json : gave.with(count),
      arguments_bytes: asked.bytesWith(count),
      result_bytes: failed ? refusal.bytes : gave.bytesWith(count),
      error_message: failed ? refusal.text : unknown,
    }
  },
)
