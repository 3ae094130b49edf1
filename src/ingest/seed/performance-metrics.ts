import { billionths, bool, unknown } from './cells.ts'
import { resultAt, resultName } from './evaluation-results.ts'
import { seedTable } from './table.ts'
import { momentCell, momentOf } from './timeline.ts'

interface SeedMetric {
  readonly name: string
  readonly unit: string
  readonly tokenType?: 'input' | 'output'
  /** Of a value that is about so large; in billionths, where the value has decimals. */
  readonly median: number
  readonly isWhole?: boolean
}

const measured: readonly SeedMetric[] = [
  { name: 'gen_ai.client.operation.duration', unit: 's', median: 9_000_000_000 },
  { name: 'gen_ai.client.token.usage', unit: '{token}', tokenType: 'input', median: 3000, isWhole: true },
  { name: 'gen_ai.client.token.usage', unit: '{token}', tokenType: 'output', median: 600, isWhole: true },
  { name: 'gen_ai.server.time_to_first_token', unit: 's', median: 400_000_000 },
  { name: 'gen_ai.server.time_per_output_token', unit: 's', median: 12_000_000 },
  { name: 'gen_ai.server.request.duration', unit: 's', median: 8_000_000_000 },
  { name: 'process.memory.usage', unit: 'By', median: 90_000_000, isWhole: true },
  { name: 'harness.queue.wait', unit: 's', median: 50_000_000 },
]

const hosts = ['bench-1', 'bench-2', 'laptop']

/** Metrics that a harness told by themselves, not made from a record here. */
export const performanceMetrics = seedTable(
  'performance_metrics',
  17,
  {
    occurred_at: 'instant',
    source_file: 'text?',
    source_rank: 'rank',
    raw: 'json?',
    occurred_at_source: 'word',
    metric: 'name',
    value: 'float',
    unit: 'word?',
    token_type: 'word?',
    subject_type: 'word?',
    subject_id: 'name?',
    provider: 'name?',
    model: 'name?',
    operation: 'name?',
    error_type: 'name?',
    session_id: 'name?',
    test_id: 'name?',
    success: 'bool?',
    attributes: 'json?',
  },
  ({ seed, sessions, draw, index }) => {
    const metric = draw.of(measured)
    const value = draw.around(metric.median)
    const drawn = draw.bits()
    const { model, test, run } = resultAt(seed, index)
    const isOfSession = (drawn & 7) === 0
    const isOfRun = (drawn & 7) === 1
    const failed = ((drawn >>> 3) & 31) === 0
    const host = hosts[((drawn >>> 8) & 255) % hosts.length]!
    return {
      occurred_at: momentCell(momentOf(index, draw)),
      source_file: 'metrics.ndjson',
      source_rank: '4000',
      raw: (drawn & 0xf0000) === 0 ? `{"record": {"host": "${host}"}}` : unknown,
      occurred_at_source: 'event',
      metric: metric.name,
      value: metric.isWhole ? String(value) : billionths(value),
      unit: metric.unit,
      token_type: metric.tokenType ?? unknown,
      subject_type: isOfSession ? 'session' : isOfRun ? 'run' : 'evaluation_result',
      subject_id: isOfSession ? sessions.idOf(index) : isOfRun ? run : resultName(seed, index),
      provider: isOfRun ? unknown : model.provider,
      model: isOfRun ? unknown : model.model,
      operation: isOfRun ? unknown : 'chat',
      error_type: failed ? 'APITimeoutError' : unknown,
      session_id: isOfRun ? unknown : sessions.idOf(index),
      test_id: isOfSession || isOfRun ? unknown : test.id,
      success: isOfSession || isOfRun ? unknown : bool(!failed),
      attributes:
        drawn >>> 30 === 0
          ? `{"host": "${host}", "gpu": ${(drawn & 256) === 0}, "load": 0.${drawn & 7}}`
          : unknown,
    }
  },
)
