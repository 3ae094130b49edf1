import { isCertain, tellingOf, type Telling } from './names.ts'

/** `{"name": "Authorization", "value": "…"}`, as in archives of HTTP, attributes of OpenTelemetry and lists of settings. */
const nameMembers = new Set(['name', 'key', 'header', 'field', 'k', 'parametername', 'parameterkey'])
const valueMembers = new Set(['value', 'val', 'v', 'parametervalue'])
/** The longest of these. */
export const longestMember = 14

export function isNameMember(name: string): boolean {
  return nameMembers.has(name.toLowerCase())
}

export function isValueMember(name: string): boolean {
  return valueMembers.has(name.toLowerCase())
}

/** What the name in a pair tells of the value: of numbers never, since they are scores and counts. */
export function tellingOfPair(name: string): Telling {
  const telling = tellingOf(name)
  return isCertain(telling) ? 'certain' : telling
}

/** Words, as in lists of columns and of headers. */
const plainName = /^[A-Za-z][A-Za-z_.\s-]*$/

/** Whether an element of an array is the value of the one before, as in flat lists of headers: it is no name itself. */
export function isValueAfter(value: string): boolean {
  return (
    value.length >= 24 || (/[\d=]/.test(value) && !plainName.test(value) && tellingOf(value) === undefined)
  )
}
