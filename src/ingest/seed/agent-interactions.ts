import { bool, textCell, unknown } from './cells.ts'
import { base62 } from './draw.ts'
import { models, priceVersion, unknownUsage, usage } from './models.ts'
import { seedTable } from './table.ts'
import { answers, failures, prompts, thoughts } from './texts.ts'
import { momentCell, momentOf } from './timeline.ts'

/** What follows what in a session, over and over after its start. */
const course = ['user_prompt', 'assistant_message', 'assistant_message', 'assistant_message', 'agent_run', 'assistant_message', 'notification', 'user_prompt', 'assistant_message', 'subagent_stop', 'assistant_message', 'assistant_message', 'system', 'user_prompt', 'assistant_message', 'compaction'] // prettier-ignore
const modes = ['default', 'acceptEdits', 'plan', 'bypassPermissions']
const versions = ['1.0.57', '1.0.70', '2.0.14']
const branches = ['main', 'dev', 'fix/dates', 'feature/äöü'].map(textCell)
const folders = ['/home/dev/src/nano-agent', '/Users/Zoë Müller/src/agent', 'C:\\Users\\dev\\agent'].map(
  textCell,
)

/** What a source calls an interaction of each kind; the others are told of by hooks, without a model. */
function kindAt(place: number, length: number): string {
  if (place === 1) return 'session_start'
  return place === length && place > 4 ? 'stop' : course[(place - 2) % course.length]!
}

export const agentInteractions = seedTable(
  'agent_interactions',
  18,
  {
    occurred_at: 'instant',
    source_file: 'text?',
    source_rank: 'rank',
    raw: 'json?',
    occurred_at_source: 'word',
    session_id: 'name?',
    sequence: 'tokens?',
    kind: 'name',
    operation: 'name?',
    provider: 'name?',
    model: 'name?',
    response_model: 'name?',
    response_id: 'name?',
    parent_id: 'name?',
    agent_id: 'name?',
    agent_name: 'name?',
    is_sidechain: 'bool?',
    input_tokens: 'tokens?',
    output_tokens: 'tokens?',
    total_tokens: 'tokens?',
    cache_read_tokens: 'tokens?',
    cache_write_tokens: 'tokens?',
    cache_write_1h_tokens: 'tokens?',
    reasoning_tokens: 'tokens?',
    cost_reported_usd: 'usd?',
    cost_computed_usd: 'usd?',
    price_version: 'name?',
    duration_ns: 'nanoseconds?',
    success: 'bool?',
    finish_reasons: 'words?',
    error_type: 'name?',
    error_message: 'text?',
    request: 'text?',
    response: 'text?',
    thinking: 'text?',
    permission_mode: 'name?',
    client_version: 'name?',
    git_branch: 'name?',
    working_directory: 'text?',
    user_id: 'name?',
    measures: 'measures?',
  },
  ({ sessions, draw, index }) => {
    const session = sessions.ordinalOf(index)
    const sessionId = sessions.idOf(index)
    const place = sessions.placeOf(index)
    const kind = kindAt(place, sessions.lengthOf(index))
    const isMessage = kind === 'assistant_message'
    const isRun = kind === 'agent_run'
    const asked = isMessage || isRun
    const drawn = draw.bits()
    const model = models[session % models.length]!
    const failure = asked && draw.once(25) ? draw.of(failures) : undefined
    const used = asked && !failure ? usage(model, draw) : unknownUsage
    const count = drawn & 63
    const isSide = ((drawn >>> 6) & 15) === 0
    const isHook = !asked && kind !== 'user_prompt'
    const isLocal = model.provider === 'ollama'
    return {
      occurred_at: momentCell(momentOf(index, draw)),
      source_file: isHook ? `logs/${sessionId}/${kind}.json` : `logs/${sessionId}/chat.json`,
      source_rank: isHook ? '2100' : '2600',
      raw:
        drawn >>> 27 === 0
          ? `{"transcript": {"type": "${kind}", "uuid": "${sessions.rowIdOf(index)}"}}`
          : unknown,
      occurred_at_source: isHook ? 'file_mtime' : 'event',
      session_id: sessionId,
      sequence: String(place),
      kind,
      operation: isMessage ? 'chat' : isRun ? 'invoke_agent' : unknown,
      provider: asked ? model.provider : unknown,
      model: asked ? model.model : unknown,
      response_model: asked && !failure ? model.model : unknown,
      response_id:
        isMessage && !failure
          ? `${model.provider === 'anthropic' ? 'msg_01' : 'chatcmpl-'}${draw.text(base62, 22)}`
          : unknown,
      parent_id: place === 1 || isHook ? unknown : sessions.rowIdOf(index - 1),
      agent_id: isSide ? `a${sessionId.slice(0, 8)}` : unknown,
      agent_name: isSide || isRun ? `nano-agent-${model.alias}` : unknown,
      is_sidechain: isHook ? unknown : bool(isSide),
      input_tokens: used.input,
      output_tokens: used.output,
      total_tokens: used.total,
      cache_read_tokens: used.cacheRead,
      cache_write_tokens: used.cacheWrite,
      cache_write_1h_tokens: used.cacheWrite1h,
      reasoning_tokens: used.reasoning,
      cost_reported_usd: isRun ? used.reported : unknown,
      cost_computed_usd: used.computed,
      price_version: asked && !failure ? priceVersion : unknown,
      duration_ns: asked ? String(draw.around(4_000_000) * 1000) : unknown,
      success: asked ? bool(!failure) : unknown,
      finish_reasons: isMessage && !failure ? (count < 40 ? '["tool_use"]' : '["end_turn"]') : unknown,
      error_type: failure ? failure.type : unknown,
      error_message: failure ? failure.message.with(20) : unknown,
      request: kind === 'user_prompt' || isRun ? draw.of(prompts).with(count) : unknown,
      response: asked && !failure ? draw.of(answers).with(count) : unknown,
      thinking: isMessage && (drawn & 0xc000) === 0 ? draw.of(thoughts).with(count) : unknown,
      permission_mode: isHook || kind === 'user_prompt' ? modes[session & 3]! : unknown,
      client_version: versions[session % versions.length]!,
      git_branch: branches[session & 3]!,
      working_directory: folders[session % folders.length]!,
      user_id: (session & 1) === 0 ? `dev-${session % 7}` : unknown,
      measures:
        isLocal && isMessage ? `{"ollama.load_duration": {"value": 0.${100 + count}, "unit": "s"}}` : unknown,
    }
  },
)
