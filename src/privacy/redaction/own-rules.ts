import { RE2JS } from 're2js'
import { dotted } from './characters.ts'
import type { Rule } from './rule.ts'

/** A match may begin so far before its keyword, and is looked for so far after it. */
const before = 64
const after = 600
/** A keyword that has so much of the last window after it needs no window of its own. */
const enough = 300
/** What a window costs in an engine that is linear, but no automaton of ours; rules of one keyword share it, up to 64 of them. */
const stepsOfWindow = 6400
const mostSharing = 64

export interface OwnRule {
  readonly rule: Rule
  /** What looking at a window costs. */
  readonly steps: { of: number }
  readonly tests: { readonly found: readonly string[]; readonly clean: readonly string[] }
}

/** The rules of a configured file, and everything that is wrong with it. */
export function readOwnRules(
  file: unknown,
  taken: ReadonlySet<string>,
): { rules: OwnRule[]; problems: string[] } {
  const rules: OwnRule[] = []
  const problems: string[] = []
  const entries = isObject(file) ? file['rules'] : undefined
  if (!Array.isArray(entries)) {
    problems.push('The file must be {"rules": [...]}, with an object for each rule.')
    return { rules, problems }
  }
  for (const each of Object.keys(file as Record<string, unknown>))
    if (each !== 'rules') problems.push(`${each} is no member of the file; remove it, or put it into rules.`)
  const seen = new Set(taken)
  for (const [index, entry] of (entries as unknown[]).entries()) {
    const place = `rules[${index}]`
    if (!isObject(entry))
      problems.push(`${place}: must be an object with id, description, keywords, pattern and tests.`)
    else {
      const own = readRule(entry, place, seen, problems)
      if (own) rules.push(own)
    }
  }
  const sharing = new Map<string, number>()
  for (const keyword of rules.flatMap(({ rule }) => rule.keywords.map((each) => each.toLowerCase())))
    sharing.set(keyword, (sharing.get(keyword) ?? 0) + 1)
  for (const { rule, steps } of rules) {
    const most = Math.max(...rule.keywords.map((each) => sharing.get(each.toLowerCase()) ?? 1))
    steps.of = Math.ceil(stepsOfWindow / Math.min(mostSharing, most))
  }
  return { rules, problems }
}

function readRule(
  entry: Record<string, unknown>,
  place: string,
  seen: Set<string>,
  problems: string[],
): OwnRule | undefined {
  const { id, description, keywords, pattern, tests } = entry
  const name = typeof id === 'string' ? `${place} (${id})` : place
  const known = problems.length
  const say = (problem: string) => problems.push(`${name}: ${problem}`)
  for (const each of Object.keys(entry))
    if (!['id', 'description', 'keywords', 'pattern', 'tests'].includes(each))
      say(`${each} is no property of a rule; remove it.`)
  if (typeof id !== 'string' || !/^[a-z][a-z0-9-]{1,39}$/.test(id))
    say('id must be 2 to 40 small letters, digits and hyphens, and begin with a letter.')
  else if (seen.has(id)) say('this id is taken; choose another.')
  else seen.add(id)
  if (typeof description !== 'string' || description.trim() === '')
    say('description must say in a sentence what is found.')
  if (!isStrings(keywords) || keywords.length === 0)
    say('keywords must be a list of texts, at least one of which every finding holds.')
  else
    for (const keyword of keywords)
      if (!/^[!#-[\]-~]{3,40}$/.test(keyword))
        say(
          `the keyword ${JSON.stringify(keyword)} must be 3 to 40 visible ASCII characters, without quote and backslash.`,
        )
  const compiled = compilePattern(pattern, say)
  const found = isObject(tests) ? tests['found'] : undefined
  const clean = isObject(tests) ? tests['clean'] : undefined
  if (!isStrings(found) || found.length === 0)
    say('tests.found must be a list of texts in which this rule finds something, at least one.')
  if (!isStrings(clean) || clean.length === 0)
    say('tests.clean must be a list of texts in which it finds nothing, at least one.')
  if (problems.length > known || !compiled) return undefined
  const steps = { of: stepsOfWindow }
  const rule = ruleOf(id as string, description as string, keywords as string[], compiled, steps)
  return { rule, steps, tests: { found: found as string[], clean: clean as string[] } }
}

function compilePattern(pattern: unknown, say: (problem: string) => void): RE2JS | undefined {
  if (typeof pattern !== 'string' || pattern === '') {
    say('pattern must be a regular expression of RE2.')
    return undefined
  }
  if (/(?:^|[^\\[])(?:\\\\)*[\^$]/.test(pattern.replace(/\[[^\]]*\]/g, '')) || /\\[AzZ]/.test(pattern))
    say(
      'pattern must not use ^, $, \\A or \\z: it is looked for in a window around its keyword, whose edges are not those of the text. Use \\b.',
    )
  try {
    const compiled = RE2JS.compile(pattern)
    if (compiled.matcher('').find()) say('pattern must not match the empty text.')
    return compiled
  } catch (error) {
    say(
      `pattern is not one of RE2 (no backreferences, no lookaround): ${error instanceof Error ? error.message : String(error)}.`,
    )
    return undefined
  }
}

function ruleOf(
  id: string,
  description: string,
  keywords: readonly string[],
  pattern: RE2JS,
  steps: { readonly of: number },
): Rule {
  let serial = -1
  let scanned: object | undefined
  let lastAt = 0
  const rule: Rule = {
    id,
    description,
    kind: 'secret',
    rank: 0,
    keywords,
    find: (scan, at) => {
      if (scanned === scan && serial === scan.serial && at <= lastAt + enough) return
      scanned = scan
      serial = scan.serial
      lastAt = at
      const from = Math.max(scan.from, at - before)
      const to = Math.min(scan.to, at + after)
      scan.allowance.left -= steps.of
      const matcher = pattern.matcher(scan.text.slice(from, to))
      // With a group, only what it holds is secret.
      const group = pattern.groupCount() > 0 ? 1 : 0
      while (matcher.find()) {
        if (matcher.start(group) < 0) continue
        const end = from + matcher.end(group)
        // A match that reaches the window's end may go on behind it.
        scan.report(rule, from + matcher.start(group), end === to ? scan.run(dotted, end) : end)
      }
    },
  }
  return rule
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isStrings = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string')
