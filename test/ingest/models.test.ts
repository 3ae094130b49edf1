import { describe, expect, test } from 'vitest'
import { normaliseModel, normaliseProvider } from '../../src/ingest/normalise/models.ts'

describe('normaliseModel', () => {
  test.each([
    ['claude-opus-4-1', 'anthropic', 'claude-opus-4-1-20250805'],
    ['claude-opus-4', 'anthropic', 'claude-opus-4-20250514'],
    ['claude-sonnet-4', 'anthropic', 'claude-sonnet-4-20250514'],
    ['claude-3-haiku', 'anthropic', 'claude-3-haiku-20240307'],
    ['gpt-oss-20b', 'ollama', 'gpt-oss:20b'],
    ['gpt-oss-120b', 'ollama', 'gpt-oss:120b'],
  ])('gives the short name %s the name its provider uses', (written, provider, model) => {
    expect(normaliseModel(written)).toEqual({ provider, model })
    expect(normaliseModel(model)).toEqual({ provider, model })
  })

  test.each([
    ['gpt-5-nano', 'openai'],
    ['gpt-4o', 'openai'],
    ['o1', 'openai'],
    ['o3-mini', 'openai'],
    ['o4-mini-high', 'openai'],
    ['claude-3-5-sonnet-20241022', 'anthropic'],
    ['gpt-oss:20b-cloud', 'ollama'],
    ['gemini-2.5-pro', 'gcp.gemini'],
  ])('knows who serves %s', (model, provider) => {
    expect(normaliseModel(model)).toEqual({ provider, model })
  })

  test.each(['llama3.1:8b', 'o100', 'Qwen3-Coder', 'gpt', 'constructor', '__proto__', ''])(
    'leaves %j as it is, without a provider',
    (model) => expect(normaliseModel(model)).toEqual({ model }),
  )

  test('ignores space around a name and the case of a known one', () => {
    expect(normaliseModel(' GPT-5 ')).toEqual({ provider: 'openai', model: 'gpt-5' })
    expect(normaliseModel('Claude-Opus-4-1').model).toBe('claude-opus-4-1-20250805')
  })

  test('believes the provider that the source names, and applies no alias of another', () => {
    expect(normaliseModel('gpt-oss-20b', 'groq')).toEqual({ provider: 'groq', model: 'gpt-oss-20b' })
    expect(normaliseModel('gpt-oss-20b', 'Ollama')).toEqual({ provider: 'ollama', model: 'gpt-oss:20b' })
    expect(normaliseModel('glm-4.6', 'zai')).toEqual({ provider: 'zai', model: 'glm-4.6' })
  })
})

test('normaliseProvider gives other names of a provider one name and leaves unknown ones as they are', () => {
  expect(normaliseProvider('gemini')).toBe('gcp.gemini')
  expect(normaliseProvider(' OpenAI ')).toBe('openai')
  expect(normaliseProvider('LMStudio')).toBe('LMStudio')
})
