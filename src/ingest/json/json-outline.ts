/**
 * The names of the members of the first object in a text, and of the objects directly in it as `outer.inner`. The text
 * may be cut anywhere: what is there so far is told. Of an array the first item is looked at.
 */
export function jsonOutline(head: string): ReadonlySet<string> {
  const names = new Set<string>()
  const start = /^\s*(?:\[\s*)?\{/.exec(head)?.[0].length
  if (start === undefined) return names
  /** One entry for each open bracket: the member that it is the value of, or null for an array. */
  const path: (string | null)[] = ['']
  let name = ''
  for (let index = start; index < head.length && path.length > 0; index++) {
    const mark = head[index]
    if (mark === '{') path.push(name)
    else if (mark === '[') path.push(null)
    else if (mark === '}' || mark === ']') path.pop()
    else if (mark === '"') {
      const end = endOfText(head, index)
      if (path.length <= 2 && path.at(-1) !== null && isName(head, end)) {
        name = head.slice(index + 1, end)
        names.add(path.length === 1 ? name : `${path[1]}.${name}`)
      }
      index = end
    }
  }
  return names
}

/** Where the closing quote stands, or the end of a text that is cut. */
function endOfText(head: string, start: number): number {
  let index = start + 1
  while (index < head.length && head[index] !== '"') index += head[index] === '\\' ? 2 : 1
  return index
}

function isName(head: string, end: number): boolean {
  let index = end + 1
  while (index < head.length && ' \t\r\n'.includes(head[index]!)) index++
  return head[index] === ':'
}
