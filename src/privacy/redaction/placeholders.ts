/** Words that stand where a secret would: names of types, examples, defaults of documentation. */
const words = new Set(
  `password passwd pass pwd passphrase secret token apikey api_key api-key key value string str text bool boolean number int
  integer none null nil undefined true false required optional hidden empty default example placeholder changeme change_me
  change-me changeit redacted masked removed hidden filtered secure invalid wrong missing unknown test user username name
  your_password yourpassword mypassword my_password my-password dummy fake sample here input object any never void unset
  bytes type field label current-password new-password one-time-code off on yes no`.split(/\s+/),
)

const templated = /^(?:\$|\{|<|\[|%[A-Za-z_]|@[A-Za-z_]+@$|#\{)|\$\{|\{\{|<[A-Za-z_-]+>|\.\.\.|…/
const spoken =
  /(?:^|[_\-.\s])(?:your|my|example|sample|dummy|fake|placeholder|redacted|changeme|insert|todo|xxx+)(?:$|[_\-.\s])|^xxx|^(?:your|replace|insert|enter|example|dummy|fake)(?:$|[_\-.\s]|api|key|me$|own|pass|secret|token|this|with|your)|(?:^|[_\-.\s])(?:here|goes|example)$|(?:key|token|secret|password)_?(?:here|goes|example)$/i

/** Whether a value only stands for a secret: `<token>`, `${TOKEN}`, `your-api-key`, `********`, `string`. */
export function isPlaceholder(text: string, start: number, end: number): boolean {
  if (end - start > 256) return false
  const value = text.slice(start, end)
  if (value.length === 0 || templated.test(value)) return true
  let kinds = 0
  const first = value.charCodeAt(0)
  for (let at = 1; at < value.length; at++) if (value.charCodeAt(at) !== first) kinds++
  if (kinds === 0) return true
  if (words.has(value.toLowerCase())) return true
  return value.length <= 48 && spoken.test(value) && !hasLongRandomPart(value)
}

/** A real key may begin with a telling word; then a long part with digits follows. */
function hasLongRandomPart(value: string): boolean {
  return value.split(/[_\-.]/).some((part) => part.length >= 16 && /\d/.test(part) && /[A-Za-z]/.test(part))
}
