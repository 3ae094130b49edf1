import { describe, expect, test } from 'vitest'
import { markdownTables } from '../../src/ingest/readers/markdown-table.ts'

const rowsOf = (...lines: string[]) =>
  markdownTables(['| Model | Response |', '| --- | --- |', ...lines], (cells) => cells[0] === 'Model')[0]!
    .rows

describe('markdownTables', () => {
  test.each([
    ['an escaped pipe', '| m | a \\| b |', 'a | b'],
    ['a pipe in a code span', '| m | `a | b` |', '`a | b`'],
    ['a pipe in a longer code span', '| m | ``a ` | b`` |', '``a ` | b``'],
    ['an escaped pipe in a code span', '| m | `a \\| b` |', '`a | b`'],
    ['a fence that is never closed', '| m | ```bash<br>ls |', '```bash<br>ls'],
    ['an escaped backtick', '| m | \\`a |', '\\`a'],
    ['nothing', '| m |  |', ''],
  ])('keeps %s in its cell', (_, line, cell) => {
    expect(rowsOf(line)).toEqual([{ line: 3, text: line, cells: ['m', cell] }])
  })

  test('parts cells at a pipe between backticks of different cells', () => {
    expect(rowsOf('| `m | n` |')[0]!.cells).toEqual(['`m', 'n`'])
  })

  test.each([
    ['| m |', 'the row has 1 cell where the header has 2'],
    ['| m | a | b |', 'the row has 3 cells where the header has 2'],
    ['| m | a', 'the row does not begin and end with |: it is cut off or broken in two'],
    ['| m | a \\|', 'the row does not begin and end with |: it is cut off or broken in two'],
    ['and so on', 'the row does not begin and end with |: it is cut off or broken in two'],
  ])('says what is wrong with %j', (line, problem) =>
    expect(rowsOf(line)[0]).toMatchObject({ line: 3, problem }),
  )

  test.each(['|---|---|', '| :--- | ---: |', '|:-:|:-:|', '| - | - |'])('knows the rule %s', (rule) => {
    const [table] = markdownTables(['| Model | Response |', rule, '| m | a |'], () => true)
    expect(table?.rows).toHaveLength(1)
  })

  test('does not need pipes at the ends where the header has none', () => {
    const [table] = markdownTables(['Model | Response', '--- | ---', 'm | a', 'n | b'], () => true)
    expect(table?.rows.map(({ cells }) => cells)).toEqual([
      ['m', 'a'],
      ['n', 'b'],
    ])
  })

  test('ends a table at a blank line and at a heading', () => {
    expect(rowsOf('| m | a |', '', '| n | b |')).toHaveLength(1)
    expect(rowsOf('| m | a |', '## Next', '| n | b |')).toHaveLength(1)
  })

  test('reads a row of any shape in a time that grows with its length only', () => {
    const hostile = [
      '`'.repeat(200_000),
      '` '.repeat(100_000),
      '\\`|'.repeat(100_000),
      Array.from({ length: 600 }, (_, n) => '`'.repeat(n + 1)).join(' '),
    ]
    rowsOf(...hostile.map((text) => `| m | ${text} |`))
  })
})
