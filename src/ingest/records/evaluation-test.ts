/**
 * A version of a test: what was to be done, and how the answer is graded. Not a record of a dataset: results of the
 * test are completed from it.
 */
export interface EvaluationTest {
  /** e.g. `lop_eval_1__dummy_test`. */
  readonly testId: string
  /** By content: the first 16 hex digits of the SHA-256 of its file. */
  readonly testVersion: string
  readonly promptOrder: 'HOP' | 'LOP'
  readonly testTitle?: string
  readonly prompt?: string
  readonly expected?: string
  readonly rubric?: string
  /** When this version came to be, as well as it is known: RFC 3339, UTC. */
  readonly since: string
}
