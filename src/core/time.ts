/** Postgres' text of a UTC instant, `2026-05-24 13:46:19.96+00`, as we write instants: `2026-05-24T13:46:19.960000Z`. */
export function canonicalTime(text: string): string {
  const match = /^(\d{4,6}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?\+00$/.exec(text)
  if (!match) throw new Error(`not a UTC timestamp as Postgres prints it: ${text}`)
  return `${match[1]}T${match[2]}.${(match[3] ?? '').padEnd(6, '0')}Z`
}
