type MaybeUnknown<T> = { [K in keyof T]: object extends Pick<T, K> ? T[K] | undefined : T[K] }

/** Only what is known: fields that are undefined become absent. */
export function knownFields<T extends object>(fields: MaybeUnknown<T>): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T
}
