import { performanceMetrics as t } from '../db/schema/schema.ts'
import { tableDataset } from './table-dataset.ts'
import { field, filterable, filtered, large, required, shown } from './table-field.ts'

export const performanceMetrics = tableDataset(
  {
    id: 'performance_metrics',
    shortName: 'metrics',
    recordName: 'PerformanceMetric',
    idPrefix: 'pfm',
    description: 'One measured figure about one subject.',
  },
  t,
  [
    field('occurred_at', 'timestamp', 'public', t.occurredAt, 'When it was measured.', {
      ...filtered,
      ...required,
    }),
    field('occurred_at_source', 'text', 'public', t.occurredAtSource, 'How that time is known.', required),
    field('metric', 'text', 'public', t.metric, 'What was measured, e.g. gen_ai.client.operation.duration.', {
      ...filtered,
      ...required,
    }),
    field('value', 'float', 'public', t.value, 'The figure, in its unit.', { ...shown, ...required }),
    field('unit', 'text', 'public', t.unit, 'The unit in UCUM, e.g. s, {token} or 1.', filtered),
    field('token_type', 'text', 'public', t.tokenType, 'input or output, of counted tokens.', filterable),
    field(
      'subject_type',
      'text',
      'public',
      t.subjectType,
      'What it describes, e.g. evaluation_result or run.',
      filtered,
    ),
    field('subject_id', 'text', 'public', t.subjectId, 'Which one, e.g. evr_1042.', shown),
    field('provider', 'text', 'public', t.provider, "The model's provider, e.g. openai.", filtered),
    field('model', 'text', 'public', t.model, 'The model that was asked.', filtered),
    field('operation', 'text', 'public', t.operation, 'What was done, e.g. chat.', filterable),
    field('error_type', 'text', 'public', t.errorType, 'The kind of failure, if it failed.', filterable),
    field('session_id', 'text', 'internal', t.sessionId, 'The session that it was part of.', filterable),
    field('test_id', 'text', 'public', t.testId, 'The test that it was part of.', filterable),
    field('success', 'bool', 'public', t.success, 'Whether what it describes went well.', filterable),
    field('attributes', 'json', 'internal', t.attributes, 'What else is known of the measurement.', large),
  ],
)
