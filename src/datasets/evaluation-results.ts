import { sql, type SQL } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { FieldType, Sensitivity } from '../core/field.ts'
import { evaluationResults as t } from '../db/schema/schema.ts'
import { tableDataset, type TableField } from './table-dataset.ts'

type Marks = Pick<TableField, 'inDefault' | 'filterable' | 'unbounded' | 'required'>

const field = (
  name: string,
  type: FieldType,
  sensitivity: Sensitivity,
  value: PgColumn | SQL,
  description: string,
  marks: Marks = {},
): TableField => ({ name, type, sensitivity, value: sql`${value}`, description, ...marks })

const shown = { inDefault: true } as const
const filtered = { inDefault: true, filterable: true } as const
const large = { unbounded: true } as const

export const evaluationResults = tableDataset(
  {
    id: 'evaluation_results',
    shortName: 'results',
    recordName: 'EvaluationResult',
    description: 'One graded answer of one model to one test in one run.',
  },
  t,
  [
    field('id', 'text', 'public', sql`'evr_' || ${t.id}`, 'The record, e.g. evr_1042.', {
      ...shown,
      required: true,
    }),
    field('run', 'text', 'public', t.run, 'The run it was part of.', { ...filtered, required: true }),
    field('framework', 'text', 'public', t.framework, 'What ran the evaluation, e.g. nano-agent.', {
      required: true,
    }),
    field('suite', 'text', 'public', t.suite, 'The set of tests.', { filterable: true }),
    field('test_id', 'text', 'public', t.testId, 'The test, e.g. lop_eval_1__dummy_test.', filtered),
    field('test_title', 'text', 'public', t.testTitle, "The test's title."),
    field('test_version', 'text', 'public', t.testVersion, "The test's version, by its content."),
    field('sample_id', 'text', 'public', t.sampleId, 'The sample within the test.'),
    field('attempt', 'int', 'public', t.attempt, 'Which repetition, from 0.'),
    field('prompt_order', 'text', 'public', t.promptOrder, 'HOP or LOP.', { filterable: true }),
    field('occurred_at', 'timestamp', 'public', t.occurredAt, 'When it happened.', {
      ...filtered,
      required: true,
    }),
    field('occurred_at_source', 'text', 'public', t.occurredAtSource, 'How that time is known.', {
      required: true,
    }),
    field('provider', 'text', 'public', t.provider, "The model's provider, e.g. openai.", filtered),
    field('model', 'text', 'public', t.model, 'The model that was asked.', { ...filtered, required: true }),
    field('model_as_written', 'text', 'public', t.modelAsWritten, 'The model as the source spells it.'),
    field(
      'response_model',
      'text',
      'public',
      t.responseModel,
      'The model that answered, as the provider says.',
    ),
    field('agent', 'text', 'public', t.agent, 'The agent.'),
    field('session_id', 'text', 'internal', t.sessionId, 'The session that it was part of.', {
      filterable: true,
    }),
    field('success', 'bool', 'public', t.success, 'Whether the answer came about.', filtered),
    field('success_source', 'text', 'public', t.successSource, 'reported or inferred.'),
    field('score', 'float', 'public', t.score, 'The score, where there is a number.', filtered),
    field('grade_performance', 'text', 'public', t.gradePerformance, 'S (best), A, B, C, D, E or F.', shown),
    field('grade_speed', 'text', 'public', t.gradeSpeed, 'S (best), A, B, C, D, E or F.', shown),
    field('grade_cost', 'text', 'public', t.gradeCost, 'S (best), A, B, C, D, E or F.', shown),
    field('grade_overall', 'text', 'public', t.gradeOverall, 'S (best), A, B, C, D, E or F.', filtered),
    field('scores', 'json', 'public', t.scores, 'Scores beyond the four grades.', large),
    field('rank', 'int', 'public', t.rank, 'Place among the models of the run, ties sharing one.', shown),
    field(
      'duration_seconds',
      'decimal',
      'public',
      sql`${t.durationNs} * 0.000000001`,
      'How long it took, in seconds.',
      shown,
    ),
    field(
      'input_tokens',
      'bigint',
      'public',
      t.inputTokens,
      'All input tokens, cached ones included.',
      shown,
    ),
    field(
      'output_tokens',
      'bigint',
      'public',
      t.outputTokens,
      'All output tokens, reasoning included.',
      shown,
    ),
    field('total_tokens', 'bigint', 'public', t.totalTokens, 'All tokens, as reported.', shown),
    field('cache_read_tokens', 'bigint', 'public', t.cacheReadTokens, 'Input tokens read from the cache.'),
    field('cache_write_tokens', 'bigint', 'public', t.cacheWriteTokens, 'Input tokens written to the cache.'),
    field('reasoning_tokens', 'bigint', 'public', t.reasoningTokens, 'Output tokens spent on reasoning.'),
    field('request_count', 'int', 'public', t.requestCount, 'Requests to the provider.'),
    field('turn_count', 'int', 'public', t.turnCount, 'Turns of the agent.'),
    field('tool_call_count', 'int', 'public', t.toolCallCount, 'Tools called.'),
    field(
      'cost_reported_usd',
      'decimal',
      'internal',
      t.costReportedUsd,
      'Cost in US dollars, as reported.',
      shown,
    ),
    field(
      'cost_computed_usd',
      'decimal',
      'internal',
      t.costComputedUsd,
      'Cost in US dollars, tokens times price.',
      shown,
    ),
    field('price_version', 'text', 'internal', t.priceVersion, 'The price table of the computed cost.'),
    field(
      'error_type',
      'text',
      'public',
      t.errorType,
      'The kind of failure, e.g. MaxTurnsExceeded.',
      filtered,
    ),
    field('error_message', 'text', 'content', t.errorMessage, 'What the failure said.', large),
    field('prompt', 'text', 'content', t.prompt, 'What was asked.', large),
    field('response', 'text', 'content', t.response, 'What was answered.', large),
    field('expected', 'text', 'content', t.expected, 'What a good answer would hold.', large),
    field('source_file', 'text', 'content', t.sourceFile, 'The file that told of it.', large),
  ],
)
