import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plainJson } from '../../src/ingest/json/exact-json.ts'
import { jsonItems } from '../../src/ingest/json/json-items.ts'
import type { JsonItem } from '../../src/ingest/json/json-items.ts'
import { UnreadableFile } from '../../src/ingest/reader.ts'
import type { SourceFile } from '../../src/ingest/reader.ts'
import { sourceFile } from '../support/source-file.ts'

/** The items of a file, and why it could not be read on. */
async function read(content: string | Uint8Array, open?: SourceFile['open']) {
  const file = { ...sourceFile(content), ...(open ? { open } : {}) }
  const items: JsonItem[] = []
  try {
    for await (const item of jsonItems(file)) items.push(item)
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error
    const { message, position, excerpt } = error
    return { items, refused: { message, position, excerpt } }
  }
  return { items, refused: undefined }
}
const cutShort = 'the file ends in the middle of this item: it was cut short, or was being written'
const valuesOf = (items: readonly JsonItem[]) =>
  items.map((item) => ('value' in item ? plainJson(item.value) : item.fault))

describe('however the file comes in', () => {
  /** In pieces of the sizes, over and over. */
  const inPieces = (bytes: Uint8Array, sizes: readonly number[]) =>
    async function* () {
      for (let start = 0, piece = 0; start < bytes.length; piece++) {
        const end = start + sizes[piece % sizes.length]!
        yield bytes.subarray(start, end)
        start = end
      }
    }
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 })
  const layout = fc.constantFrom(undefined, 1, '\t')
  const text = fc.string({ unit: 'grapheme', maxLength: 12 })
  const object = fc.dictionary(text, fc.jsonValue({ stringUnit: 'grapheme', maxDepth: 3 }), { maxKeys: 4 })

  test('the items are the same, of broken files too', async () => {
    const marks = [
      '',
      '"',
      '{',
      '}',
      '[',
      ']',
      ',',
      '\\',
      '\n',
      '\r',
      '\u0000',
      'é',
      '<<<<<<< ',
      '\n>>>>>>> x\n',
      '1',
    ]
    const whole = fc
      .tuple(fc.array(object, { maxLength: 4 }), layout, fc.boolean())
      .map(([objects, space, isArray]) =>
        isArray
          ? JSON.stringify(objects, null, space)
          : objects.map((each) => JSON.stringify(each)).join('\n'),
      )
    const broken = fc
      .tuple(whole, fc.nat(), fc.constantFrom(...marks), fc.nat(3))
      .map(([json, at, mark, length]) => {
        const index = at % (json.length + 1)
        return json.slice(0, index) + mark + json.slice(index + length)
      })
    const bytes = fc
      .tuple(broken, fc.boolean(), fc.nat(), fc.boolean())
      .map(([json, isMarked, at, isCut]) => {
        const encoded = Buffer.from(isMarked ? `\uFEFF${json}` : json)
        if (isCut && encoded.length > 0) encoded[at % encoded.length] = 0xc3
        return encoded
      })
    await fc.assert(
      fc.asyncProperty(bytes, sizes, async (content, each) => {
        expect(await read(content, inPieces(content, each))).toEqual(
          await read(content, inPieces(content, [content.length + 1])),
        )
      }),
      { numRuns: 2000 },
    )
  })

  test('an array and JSON lines of the same objects say the same, which is what JSON.parse says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(object, { minLength: 1 }), layout, sizes, async (objects, space, each) => {
        const array = Buffer.from(JSON.stringify(objects, null, space))
        const lines = Buffer.from(objects.map((one) => `${JSON.stringify(one)}\r\n`).join('\n'))
        const expected = JSON.parse(array.toString()) as unknown
        for (const content of [array, lines]) {
          const { items, refused } = await read(content, inPieces(content, each))
          expect(refused).toBeUndefined()
          expect(JSON.parse(JSON.stringify(valuesOf(items)))).toEqual(expected)
          expect(items.map(({ position }) => position.item)).toEqual(objects.map((_, index) => index + 1))
        }
      }),
      { numRuns: 300 },
    )
  })

  test('it is read no further than the items asked for, and closed when no more are', async () => {
    const piece = Buffer.from('{"a": 1}\n'.repeat(1000))
    const opened: { pieces: number; isClosed: boolean }[] = []
    const open = async function* () {
      const state = { pieces: 0, isClosed: false }
      opened.push(state)
      try {
        for (; state.pieces < 100; state.pieces++) yield piece
      } finally {
        state.isClosed = true
      }
    }
    for await (const _ of jsonItems({ ...sourceFile(''), open })) break
    expect(opened.at(-1)!.pieces).toBeLessThan(2)
    expect(opened.every(({ isClosed }) => isClosed)).toBe(true)
  })
})

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

describe('one value', () => {
  test.each(['{\n  "a": [\n{"b": 1}\n]\n}\n', '\n\n{"a": [{"b": 1}]}', '{"a": [{"b": 1}]}'])(
    '%j is one item',
    async (content) => {
      const { items, refused } = await read(content)
      expect(refused).toBeUndefined()
      expect(items).toMatchObject([{ value: { a: [{ b: 1 }] }, position: { item: 1 } }])
    },
  )

  test.each([
    [
      '{\n"a": 1\n}\n{\n"b": 2\n}',
      'cannot be read as JSON: line 4, column 1: found "{" where the end was expected',
    ],
    ['{\n"a": x\n}', 'cannot be read as JSON: line 2, column 6: found "x" where a value was expected'],
    ['hello\nworld', 'cannot be read as JSON: line 1, column 1: found "h" where a value was expected'],
  ])('%j is none', async (content, message) => {
    expect(await read(content)).toMatchObject({ items: [], refused: { message } })
  })
})

describe('bytes that are not UTF-8', () => {
  const damaged = (text: string) => {
    const bytes = Buffer.from(text)
    bytes[bytes.indexOf('#')] = 0xff
    return bytes
  }
  test.each([
    ['[{"a": "\uFFFDé#"},\n{"b": 1}]', 'line 1, column 11', { line: 1, item: 1 }],
    ['[{"b": 1},\n{"a":\n "\uFFFDé#"}]', 'line 3, column 5', { line: 2, item: 2 }],
    ['{"b": 1}\n{"a": "\uFFFDé#"}\n', 'column 10', { line: 2, item: 2 }],
    ['{"a": "#"}\n{"b": 1}\n', 'column 8', { line: 1, item: 1 }],
  ])('are a fault of the item of %j', async (text, place, position) => {
    const { items, refused } = await read(damaged(text))
    expect(refused).toBeUndefined()
    expect(items).toHaveLength(2)
    expect(items).toContainEqual({
      fault: `is not UTF-8: ${place}`,
      text: expect.stringContaining('{"a":') as string,
      position,
    })
    expect(items).toContainEqual(expect.objectContaining({ value: { b: 1 } }))
  })

  test('refuse a file of one value', async () => {
    expect(await read(damaged('{\n"a": "#"}'))).toMatchObject({
      refused: { message: 'is not UTF-8: line 2, column 7', position: { line: 2 } },
    })
  })
})

describe('a file that is refused before any item', () => {
  test.each([
    ['', 'is empty', {}],
    ['\uFEFF', 'is empty', {}],
    [' \r\n\t\n', 'holds only white space', { line: 1 }],
    [Buffer.from('\uFEFF{}', 'utf16le'), 'is UTF-16; it must be UTF-8', { line: 1 }],
    [Buffer.from('\uFEFF[1]', 'utf16le').swap16(), 'is UTF-16; it must be UTF-8', { line: 1 }],
  ])('%j', async (content, message, position) => {
    expect(await read(content)).toEqual({ items: [], refused: { message, position, excerpt: '' } })
  })

  test.each([
    ['[{},\n<<<<<<< HEAD\n{}]', 2, '<<<<<<< HEAD'],
    ['{}\n{}\r\n>>>>>>> main\n{}', 3, '>>>>>>> main'],
    ['\uFEFF<<<<<<< HEAD\n{}', 1, '<<<<<<< HEAD'],
    [`[${'{"a": "<<<<<<< "},\n'.repeat(5000)}>>>>>>> x\n{}]`, 5001, '>>>>>>> x'],
  ])('with both sides of a merge in it: %.20j', async (content, line, excerpt) => {
    const message = 'holds a merge-conflict marker'
    expect(await read(content)).toEqual({ items: [], refused: { message, position: { line }, excerpt } })
  })

  test('but not with a marker that begins no line', async () => {
    const { items, refused } = await read('[\n "<<<<<<< HEAD",\n  ">>>>>>> main"]')
    expect(refused).toBeUndefined()
    expect(valuesOf(items)).toEqual(['<<<<<<< HEAD', '>>>>>>> main'])
  })
})

describe('what is larger than 16 MiB', () => {
  const filler = 'x'.repeat(16 * 2 ** 20)

  test('in a first line is a fault, and the other lines go in', async () => {
    const { items } = await read(`{"a": "${filler}"}\n{"b": 1}\n`)
    expect(items).toEqual([
      {
        fault: 'is larger than 16 MiB, the most that one item may have',
        text: `{"a": "${filler}`.slice(0, 1000),
        position: { line: 1, item: 1 },
      },
      { value: { b: 1 }, position: { line: 2, item: 2 } },
    ])
  })

  test('in one value over several lines refuses the file', async () => {
    const { items, refused } = await read(`{\n"a": 1,\n"b": "${filler}"}`)
    expect(items).toEqual([])
    expect(refused).toMatchObject({
      message:
        'is no array, holds no JSON lines, and is larger than 16 MiB, the most that one value may have',
      position: { line: 1 },
    })
  })

  test('does not hide JSON lines behind a broken first one', async () => {
    const { items } = await read(`{"a": \n{"b": 1}\n{"c": "${filler}"}\n{"d": 1}`)
    expect(items.map((item) => 'value' in item)).toEqual([false, true, false, true])
  })
})
