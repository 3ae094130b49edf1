/** An exact decimal without the zeros that say nothing: `0.000343000000` -> `0.000343`, `3.000` -> `3`. */
export function canonicalDecimal(text: string): string {
  if (!text.includes('.')) return text
  let end = text.length
  while (text.charCodeAt(end - 1) === 48) end--
  if (text.charCodeAt(end - 1) === 46) end--
  return text.slice(0, end)
}
