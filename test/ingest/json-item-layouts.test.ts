import { describe, expect, test } from 'vitest'
import { cutShort, readItems as read, valuesOf } from '../support/json-items.ts'

describe('an array', () => {
  test('tells where its items begin', async () => {
    const { items } = await read('\uFEFF\n [{"a": [1,\n2]}, "x",\n\n  3.0,{}]\n')
    expect(items.map(({ position }) => position)).toEqual([
      { line: 2, item: 1 },
      { line: 3, item: 2 },
      { line: 5, item: 3 },
      { line: 5, item: 4 },
    ])
  })

  test.each(['[]', ' [ \n ] '])('%j has no items', async (content) => {
    expect(await read(content)).toEqual({ items: [], refused: undefined })
  })

  test.each([
    ['{"a": tru}', 'line 2, column 12: found "t" where a value was expected'],
    ['{"a": 1,}', 'line 2, column 14: found "}" where the name of a member in double quotes was expected'],
    ['{\n "a": [1,, 2]}', 'line 3, column 10: found "," where a value was expected'],
    ['"\\x"', 'line 2, column 7: found "\\\\" where an escape that JSON knows was expected'],
    ['tru', 'line 2, column 6: found "t" where a value was expected'],
    [`${'['.repeat(200)}${']'.repeat(200)}`, 'line 2, column 107: more than 100 levels of nesting'],
  ])('goes on after the faulty item %.20j', async (text, problem) => {
    const { items, refused } = await read(`[\n{},  ${text}, {"b": 1}]`)
    expect(refused).toBeUndefined()
    expect(items).toEqual([
      { value: {}, position: { line: 2, item: 1 } },
      { fault: `cannot be read as JSON: ${problem}`, text, position: { line: 2, item: 2 } },
      { value: { b: 1 }, position: { line: expect.any(Number) as number, item: 3 } },
    ])
  })

  test.each([
    ['[1, 2 x, 3]', [1, 2], 'line 1, column 7: found "x" where "," or "]" was expected', 'x, 3]'],
    ['[1, {} {}]', [1, {}], 'line 1, column 8: found "{" where "," or "]" was expected', '{}]'],
    [
      '["é😀",\n"ö", 1 é]',
      ['é😀', 'ö', 1],
      'line 2, column 8: found "é" where "," or "]" was expected',
      'é]',
    ],
    ['["é😀" 😀]', ['é😀'], 'line 1, column 8: found "😀" where "," or "]" was expected', '😀]'],
    ['[1,, 2]', [1], 'line 1, column 4: found "," where a value was expected', ', 2]'],
    ['[1, 2,\n]', [1, 2], 'line 2, column 1: found "]" where a value was expected', ']'],
    ['[1, 2', [1, cutShort], undefined, undefined],
    ['[1,', [1], 'line 1, column 4: the text ends where a value was expected', ''],
    ['[1\n', [1], 'line 2, column 1: the text ends where "," or "]" was expected', ''],
    ['[1] x', [1], 'line 1, column 5: found "x" where the end was expected', 'x'],
    ['[1]\n[2]', [1], 'line 2, column 1: found "[" where the end was expected', '[2]'],
    ['[1, {"a": [2}, 3]', [1], 'line 1, column 13: found "}" where "]" was expected', '}, 3]'],
    ['[1, {"a": 2], 3]', [1], 'line 1, column 12: found "]" where "}" was expected', '], 3]'],
    [
      '[1, {"a": "b\n"}, 3]',
      [1],
      'line 1, column 13: found "\\n" where the closing " of a text was expected',
      '',
    ],
    ['[', [], 'line 1, column 2: the text ends where a value was expected', ''],
  ])('%j goes in as far as it holds together', async (content, values, problem, excerpt) => {
    const { items, refused } = await read(content)
    expect(valuesOf(items)).toEqual(values)
    expect(refused?.message).toBe(problem && `cannot be read as JSON: ${problem}`)
    expect(refused?.excerpt).toBe(excerpt)
  })

  test('that is cut within an item tells it as cut', async () => {
    for (const cut of ['{"a": {"b": 1}', '{"a": "b', '{"a": "b\\', '"', 'tru', '[[1]', '{"a": "é']) {
      const { items, refused } = await read(`[{},\n${cut}`)
      expect(refused).toBeUndefined()
      expect(items[1]).toEqual({ fault: cutShort, text: cut, position: { line: 2, item: 2 } })
    }
  })

  test('of more open brackets than are counted is refused', async () => {
    const { items, refused } = await read(`[1, ${'['.repeat(1_000_001)}`)
    expect(valuesOf(items)).toEqual([1])
    expect(refused?.message).toContain('column 1000005: found "[" where the end of 1000000 levels of nesting')
  })
})

describe('JSON lines', () => {
  test.each([
    ['broken', '{"a": tru}', 'cannot be read as JSON: column 7: found "t" where a value was expected'],
    ['open', '{"a": [1', 'cannot be read as JSON: column 9: the text ends where "," or "]" was expected'],
    ['of NUL', '\0\0', 'cannot be read as JSON: column 1: found "\\u0000" where a value was expected'],
    [
      'too deep',
      `${'['.repeat(102)}${']'.repeat(102)}`,
      expect.stringContaining('levels of nesting') as string,
    ],
    ['of two objects', '{}{}', 'cannot be read as JSON: column 3: found "{" where the end was expected'],
    [
      'indented beyond what is shown',
      `${' '.repeat(5000)}x`,
      'cannot be read as JSON: column 5001: found "x" where a value was expected',
    ],
  ])('go on after a line that is %s, be it the first or another', async (_, line, fault) => {
    for (const [content, at] of [
      [`{"first": 1}\r\n\n${line}\r\n{"b": 1}\n`, { line: 3, item: 2 }],
      ...(line.startsWith('[') ? [] : [[`${line}\n{"b": 1}`, { line: 1, item: 1 }] as const]),
    ] as const) {
      const { items, refused } = await read(content)
      expect(refused).toBeUndefined()
      expect(items.filter((item) => 'fault' in item)).toEqual([
        { fault, text: line.slice(0, 1000).trimEnd(), position: at },
      ])
      expect(items.at(-1)).toMatchObject({ value: { b: 1 } })
    }
  })

  test.each(['{"a": 1', '{"a": {"b": 1}', '{"a": "x', '{"a": tru', '{"a": "\\u00', '{'])(
    'tell a last line of %j as cut',
    async (line) => {
      const { items } = await read(`{}\n${line}`)
      expect(items[1]).toEqual({ fault: cutShort, text: line, position: { line: 2, item: 2 } })
    },
  )

  test('tell a last line that is cut within a character as cut', async () => {
    const content = Buffer.from('{}\n{"a": "é')
    expect((await read(content.subarray(0, -1))).items[1]).toMatchObject({ fault: cutShort })
  })

  test('do not tell a last line as cut that is broken otherwise', async () => {
    for (const line of ['{"a": tru}', 'hello', '{} {}']) {
      expect((await read(`{}\n${line}`)).items[1]).toMatchObject({
        fault: expect.stringMatching(/^cannot be read as JSON/) as string,
      })
    }
  })
})
