import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonItems } from '../../src/ingest/json/json-items.ts'
import { readItems as read, valuesOf } from '../support/json-items.ts'
import { sourceFile } from '../support/source-file.ts'

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
    // So much larger that what follows is not seen when the form of the file is told.
    const { items } = await read(`{"a": "${filler}${filler}"}\n{"b": 1}\n`)
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
