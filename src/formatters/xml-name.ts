/**
 * A header as an element's name, by the mapping of SQL/XML (ISO 9075-14), which is reversible: what a name cannot hold is
 * written `_xHHHH_`, and so is an underscore before an x. Names are ASCII, since not every parser takes the rest.
 */
export function xmlName(header: string): string {
  if (header === '') return '_x_'
  const characters = [...header.toWellFormed()]
  return characters
    .map((character, index) => {
      // Names that begin with `xml` in any case are reserved.
      if (index === 0 && /^xml/i.test(header)) return escape(character)
      if (character === '_' && characters[index + 1] === 'x') return escape(character)
      return (index === 0 ? /[A-Za-z_]/ : /[\w.-]/).test(character) ? character : escape(character)
    })
    .join('')
}

function escape(character: string): string {
  return `_x${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}_`
}
