/** A heading of a Markdown file, and the lines below it up to the next one of its level or above. */
export interface Section {
  readonly level: number
  readonly title: string
  /** From 0: the line after the heading, and the one after the section's last. */
  readonly start: number
  readonly end: number
}

/** Every section, in order, those within others too. What stands in a fenced block is no heading. */
export function sectionsOf(lines: readonly string[], from = 0): Section[] {
  const headings: { level: number; title: string; line: number }[] = []
  let fence: string | undefined
  for (let line = from; line < lines.length; line++) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(lines[line]!)?.[1]
    if (fence !== undefined) {
      const closes = mark !== undefined && mark.startsWith(fence) && lines[line]!.trim() === mark
      if (closes) fence = undefined
    } else if (mark !== undefined) fence = mark
    else {
      const heading = /^(#{1,6})\s+(.*?)\s*#*\s*$/.exec(lines[line]!)
      if (heading) headings.push({ level: heading[1]!.length, title: heading[2]!, line })
    }
  }
  return headings.map(({ level, title, line }, index) => ({
    level,
    title,
    start: line + 1,
    end: headings.slice(index + 1).find((next) => next.level <= level)?.line ?? lines.length,
  }))
}

/** The first section under one of these titles, whatever their case. */
export function sectionTitled(
  sections: readonly Section[],
  ...titles: readonly string[]
): Section | undefined {
  return sections.find(({ title }) => titles.includes(title.toLowerCase().replace(/:$/, '')))
}

/** A section's text; undefined where it has none. */
export function textOf(lines: readonly string[], section: Section | undefined): string | undefined {
  return (section && lines.slice(section.start, section.end).join('\n').trim()) || undefined
}

/** How many lines of front matter a file begins with: `---`, some YAML, `---`. */
export function frontMatterLength(lines: readonly string[]): number {
  if (lines[0]?.trimEnd() !== '---') return 0
  return lines.findIndex((line, index) => index > 0 && line.trimEnd() === '---') + 1
}
