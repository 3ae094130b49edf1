import type { EvaluationResultFields } from '../records/evaluation-result.ts'
import type { KeyPart } from '../records/record.ts'

type Answer = Pick<
  EvaluationResultFields,
  'model' | 'durationNs' | 'totalTokens' | 'inputTokens' | 'outputTokens'
>

const hundredth = 10_000_000n

/**
 * What a response and the row that a report has of it both say of one answer: the model, the time to 1/100 s, which is
 * all that a report prints, and the tokens. Undefined when one of these is not known: less would not tell it from others.
 */
export function answerKey(answer: Answer): KeyPart[] | undefined {
  const { model, durationNs, inputTokens: input, outputTokens: output } = answer
  if (model === undefined || durationNs === undefined || input === undefined || output === undefined)
    return undefined
  const hundredths = (durationNs + hundredth / 2n) / hundredth
  const total = answer.totalTokens ?? input + output
  return ['nano-agent', model, ...[hundredths, total, input, output].map(String)]
}
