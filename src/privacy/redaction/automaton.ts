/** Finds all keywords in one walk over a text: an Aho-Corasick automaton as one table, blind to the case of ASCII letters. */
export interface Automaton {
  /** The class of each UTF-16 code unit; 0 is in no keyword. */
  readonly classes: Uint8Array
  /** `next[(state << 6) + class]` is the next state; state 0 is the start. */
  readonly next: Uint16Array
  /** States from this one on end at least one keyword, so that the walk compares one number a character. */
  readonly firstEnd: number
  /** By state − firstEnd: the keywords that end there, longest first. */
  readonly ends: readonly (readonly number[])[]
}

interface Node {
  readonly children: Map<number, Node>
  readonly ending: number[]
  fallback: Node | undefined
  number: number
}

const widthBits = 6

/** @throws Error if the keywords use more than 63 different characters, or make more than 65,535 states. */
export function automatonOf(keywords: readonly string[]): Automaton {
  const classes = classesOf(keywords)
  const root: Node = { children: new Map(), ending: [], fallback: undefined, number: 0 }
  const nodes = [root]
  for (const [index, keyword] of keywords.entries()) {
    let node = root
    for (let at = 0; at < keyword.length; at++) {
      const character = classes[keyword.charCodeAt(at)]!
      let child = node.children.get(character)
      if (!child) {
        child = { children: new Map(), ending: [], fallback: undefined, number: 0 }
        node.children.set(character, child)
        nodes.push(child)
      }
      node = child
    }
    node.ending.push(index)
  }
  if (nodes.length > 0xffff)
    throw new Error(
      `The keywords make ${nodes.length} states; at most 65,535 fit: use fewer or shorter ones.`,
    )
  const breadthFirst = linked(root)
  const silent = breadthFirst.filter((node) => node.ending.length === 0)
  const telling = breadthFirst.filter((node) => node.ending.length > 0)
  for (const [number, node] of [...silent, ...telling].entries()) node.number = number

  const next = new Uint16Array(nodes.length << widthBits)
  // Breadth first: a fallback is nearer to the root, so its row is whole already.
  for (const node of breadthFirst) {
    const row = node.number << widthBits
    const fallbackRow = (node.fallback ?? root).number << widthBits
    if (node !== root) next.copyWithin(row, fallbackRow, fallbackRow + (1 << widthBits))
    for (const [character, child] of node.children) next[row + character] = child.number
  }
  return { classes, next, firstEnd: silent.length, ends: telling.map((node) => node.ending) }
}

/** Links each node to the longest other suffix that is in the tree; answers the nodes breadth first. */
function linked(root: Node): readonly Node[] {
  const ordered = [root]
  for (const node of ordered) {
    for (const [character, child] of node.children) {
      let fallback = node.fallback
      while (fallback && !fallback.children.has(character)) fallback = fallback.fallback
      child.fallback = fallback?.children.get(character) ?? root
      child.ending.push(...child.fallback.ending)
      ordered.push(child)
    }
  }
  return ordered
}

function classesOf(keywords: readonly string[]): Uint8Array {
  const classes = new Uint8Array(0x10000)
  let count = 0
  for (const keyword of keywords) {
    for (let at = 0; at < keyword.length; at++) {
      const code = keyword.charCodeAt(at)
      if (classes[code] !== 0) continue
      if (++count >= 1 << widthBits)
        throw new Error('The keywords use more than 63 different characters: use fewer.')
      for (const each of new Set([keyword[at]!.toLowerCase(), keyword[at]!.toUpperCase()]))
        if (each.length === 1) classes[each.charCodeAt(0)] = count
      classes[code] = count
    }
  }
  return classes
}
