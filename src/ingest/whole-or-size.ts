const longest = 60

/**
 * Text as a reason quotes it: whole, or by its size alone. The beginning of a secret is known as one by nobody any more,
 * and would be told.
 */
export function wholeOrSize(text: string): string {
  return text.length <= longest ? text : `<${text.length} characters>`
}
