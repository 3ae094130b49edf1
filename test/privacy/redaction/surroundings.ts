import { ruleDescriptions } from '../../../src/privacy/redaction/rule-set.ts'

/** Words that markers have: they are no pieces of a secret. */
export const markerWords = ruleDescriptions.map(({ id }) => `[REDACTED:${id}:0a1b]`).join('')

/** Where a secret may stand in a text: what it meets left and right. */
export const surroundings: Record<string, (secret: string) => string> = {
  alone: (secret) => secret,
  'in a sentence': (secret) => `The key is ${secret} and it works.`,
  'at the start': (secret) => `${secret} is it`,
  'at the end': (secret) => `it is ${secret}`,
  'before a full stop': (secret) => `It was ${secret}. Then it ended.`,
  'at the very end of a sentence': (secret) => `It was ${secret}.`,
  'as the name of a folder': (secret) => `/home/${secret}/work`,
  'after a word and a hyphen': (secret) => `session-${secret}`,
  'in double quotes': (secret) => `x = "${secret}"`,
  'in single quotes': (secret) => `f('${secret}')`,
  'in backticks': (secret) => `use \`${secret}\`.`,
  'in brackets': (secret) => `([${secret}])`,
  'in JSON': (secret) => JSON.stringify({ note: secret, n: 1 }),
  'in escaped JSON': (secret) => JSON.stringify(JSON.stringify({ note: `x ${secret}`, list: [secret] })),
  'in JSON that is escaped twice': (secret) =>
    JSON.stringify(JSON.stringify(JSON.stringify({ note: secret }))),
  'after an escaped line break': (secret) => `line\\n${secret}\\nline`,
  'after an escaped tab and a quote': (secret) => `\\t\\"${secret}\\"`,
  'in a settings file': (secret) => `# settings\nVALUE=${secret}\nOTHER=1\n`,
  'in code': (secret) => `const client = new Client({ value: "${secret}" }) // ok`,
  'in YAML': (secret) => `- name: x\n  value: ${secret}\n`,
  'in markup': (secret) => `<td>${secret}</td>`,
  'in a list': (secret) => `a,${secret},b;${secret}|c`,
  'in a query': (secret) => `https://x.example/p?value=${encodeURIComponent(secret)}&n=1`,
  'after a percent escape': (secret) => `a%20${secret}%20b`,
  'between letters of other scripts': (secret) => `ключ${secret}。键`,
  'before an emoji': (secret) => `🔑${secret}🔑`,
  'after colours of a terminal': (secret) => `\u001b[31m${secret}\u001b[0m`,
  'over several lines': (secret) => `first\r\n${secret}\r\nlast`,
  'in base64': (secret) => `data ${Buffer.from(`{"note": "${secret}", "n": 1}`).toString('base64')} end`,
}

/** The pieces of six characters of the secret that are left, though nothing around it has them. */
export function leftovers(secret: string, redacted: string, around: string): readonly string[] {
  const pieces = new Set<string>()
  for (let at = 0; at + 6 <= secret.length; at++) pieces.add(secret.slice(at, at + 6))
  return [...pieces].filter((piece) => redacted.includes(piece) && !around.includes(piece))
}
