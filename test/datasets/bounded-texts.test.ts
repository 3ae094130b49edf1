import { expect, it } from 'vitest'
import { camelCase } from '../../src/core/field.ts'
import { evaluationResults } from '../../src/datasets/evaluation-results.ts'
import { boundedTexts } from '../../src/ingest/store-results.ts'

it('knows of every text whether ingest bounds it or pages count its bytes, or a page could be of any size', () => {
  const made = ['id', 'occurred_at_source', 'success_source', 'price_version']
  const texts = evaluationResults.fields.filter(
    (field) => field.type === 'text' && !made.includes(field.name),
  )
  for (const field of texts) {
    const bounded = (boundedTexts as readonly string[]).includes(camelCase(field.name))
    expect([field.name, bounded !== (field.unbounded === true)]).toEqual([field.name, true])
  }
})
