import { bool, unknown } from './cells.ts'
import { models, priceVersion, unknownUsage, usage } from './models.ts'
import { seedTable } from './table.ts'
import { answers, failures, tests } from './texts.ts'
import { momentCell, momentOf } from './timeline.ts'

const attempts = 3
const ofTest = models.length
const ofAttempt = ofTest * tests.length
const ofRun = ofAttempt * attempts
const grades = 'SSAABBCCDDEFFFF'

/** Which model answered which test in which attempt and run: every model every test, in turn. */
export function resultAt(seed: number, index: number) {
  const modelNumber = index % ofTest
  const testNumber = Math.floor(index / ofTest) % tests.length
  const attempt = Math.floor(index / ofAttempt) % attempts
  const run = Math.floor(index / ofRun)
  return {
    modelNumber,
    testNumber,
    attempt,
    model: models[modelNumber]!,
    test: tests[testNumber]!,
    /** One run in eight is another tool's. */
    framework: run % 8 === 7 ? 'inspect' : 'nano-agent',
    run: `seed-${seed}-run-${run}`,
  }
}

const grade = (drawn: number, rank: number): string => grades[rank + (drawn & 3)]!

export const evaluationResults = seedTable(
  'evaluation_results',
  16,
  {
    occurred_at: 'instant',
    source_file: 'text?',
    source_rank: 'rank',
    raw: 'json?',
    occurred_at_source: 'word',
    run: 'name',
    framework: 'name',
    suite: 'name?',
    test_id: 'name?',
    test_title: 'name?',
    test_version: 'name?',
    sample_id: 'name?',
    attempt: 'int?',
    prompt_order: 'word?',
    provider: 'name?',
    model: 'name',
    model_as_written: 'name?',
    response_model: 'name?',
    agent: 'name?',
    session_id: 'name?',
    success: 'bool?',
    success_source: 'word?',
    score: 'float?',
    grade_performance: 'name?',
    grade_speed: 'name?',
    grade_cost: 'name?',
    grade_overall: 'name?',
    scores: 'scores?',
    rank: 'int?',
    duration_ns: 'nanoseconds?',
    input_tokens: 'tokens?',
    output_tokens: 'tokens?',
    total_tokens: 'tokens?',
    cache_read_tokens: 'tokens?',
    cache_write_tokens: 'tokens?',
    cache_write_1h_tokens: 'tokens?',
    reasoning_tokens: 'tokens?',
    request_count: 'int?',
    turn_count: 'int?',
    tool_call_count: 'int?',
    cost_reported_usd: 'usd?',
    cost_computed_usd: 'usd?',
    price_version: 'name?',
    error_type: 'name?',
    error_message: 'text?',
    prompt: 'text?',
    response: 'text?',
    expected: 'text?',
    rubric: 'text?',
  },
  ({ seed, sessions, draw, index }) => {
    const { model, modelNumber, test, testNumber, attempt, framework, run } = resultAt(seed, index)
    const isReport = framework === 'nano-agent' && draw.below(3) === 0
    const failure = draw.once(17) ? draw.of(failures) : undefined
    const drawn = draw.bits()
    const rank = 1 + ((modelNumber * 7 + testNumber * 5 + attempt) % ofTest)
    const seconds = draw.around(9_000_000)
    // Of what failed, nano-agent does not tell the tokens.
    const used = failure ? unknownUsage : usage(model, draw)
    const turns = 1 + ((drawn >>> 16) & 15)
    const place = draw.below(100)
    const tellsTest = ((drawn >>> 20) & 3) === 0
    return {
      occurred_at: momentCell(momentOf(index, draw)),
      source_file: isReport
        ? `reports/eval_results_${testNumber + 1}.md`
        : `logs/${sessions.idOf(index)}/post_tool_use.json`,
      source_rank: isReport ? '1000' : '3000',
      raw:
        (drawn & 31) === 0
          ? `{"response": {"success": ${!failure}, "execution_time_seconds": ${seconds / 1_000_000}}}`
          : unknown,
      occurred_at_source: isReport ? 'git_commit' : 'event',
      run,
      framework,
      suite: test.suite,
      test_id: test.id,
      test_title: test.title,
      test_version: test.version,
      sample_id: framework === 'inspect' ? String(testNumber * 10 + attempt) : unknown,
      attempt: String(attempt),
      prompt_order: 'LOP',
      provider: model.provider,
      model: model.model,
      model_as_written: model.alias,
      response_model: isReport || failure ? unknown : model.model,
      agent: `nano-agent-${model.alias}`,
      session_id: isReport ? unknown : sessions.idOf(index),
      success: bool(!failure),
      success_source: isReport ? 'inferred' : 'reported',
      score: failure
        ? '0'
        : (drawn & 1) === 0
          ? unknown
          : String((1000 - rank * 90 - ((drawn >>> 10) & 63)) / 1000),
      grade_performance: failure ? 'F' : grade(drawn >>> 1, rank),
      grade_speed: grade(drawn >>> 3, rank),
      grade_cost: grade(drawn >>> 5, ofTest - rank),
      grade_overall: failure ? 'F' : grade(drawn >>> 7, rank),
      scores:
        ((drawn >>> 9) & 7) === 0
          ? `[{"name": "brevity", "value": ${place / 100}, "scorer": "judge"}, {"name": "includes", "label": "${place < 50 ? 'C' : 'I'}"}]`
          : unknown,
      rank: String(rank),
      duration_ns: String(seconds * 1000),
      input_tokens: used.input,
      output_tokens: used.output,
      total_tokens: used.total,
      cache_read_tokens: used.cacheRead,
      cache_write_tokens: used.cacheWrite,
      cache_write_1h_tokens: used.cacheWrite1h,
      reasoning_tokens: used.reasoning,
      request_count: isReport ? unknown : String(turns),
      turn_count: isReport ? unknown : String(turns),
      tool_call_count: isReport ? unknown : String(turns - 1),
      cost_reported_usd: used.reported,
      cost_computed_usd: used.computed,
      price_version: failure ? unknown : priceVersion,
      error_type: failure ? failure.type : unknown,
      error_message: failure ? failure.message.with(20) : unknown,
      prompt: test.prompt.with(place),
      response: failure ? unknown : draw.of(answers).with(place),
      expected: tellsTest ? test.expected : unknown,
      rubric: tellsTest ? test.rubric : unknown,
    }
  },
)

/** What a source calls a result of ours: standalone metrics are about it. */
export function resultName(seed: number, index: number): string {
  const { run, test, model, attempt } = resultAt(seed, index)
  return `${run}/${test.id}/${model.model}/${attempt}`
}
