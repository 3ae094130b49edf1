/** sax brings no types; these are of the part that the tests use. */
declare module 'sax' {
  export interface SaxTag {
    readonly name: string
    readonly attributes: Readonly<Record<string, string>>
  }
  export interface SaxParser {
    onerror: (error: Error) => void
    onopentag: (tag: SaxTag) => void
    ontext: (text: string) => void
    onclosetag: (name: string) => void
    write(text: string): SaxParser
    close(): SaxParser
  }
  export function parser(strict: boolean): SaxParser
}
