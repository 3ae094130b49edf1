import { extname } from 'node:path'
import { invalidInput, type Problem } from '../core/errors.ts'
import { camelCase } from '../core/field.ts'
import type { ApiClient } from './api-client.ts'
import { filterOf, type FilterFlags } from './export-filter.ts'
import { chosenModes, privacyOf } from './export-privacy.ts'
import { unknownIn } from './unknown-in.ts'

/** What the flags of `export` say. */
export interface ExportFlags extends FilterFlags {
  readonly fields?: string
  readonly order?: 'asc' | 'desc'
  readonly privacy?: readonly string[]
  readonly personalData?: string
  readonly pseudonymScope?: string
  readonly reason?: string
  readonly format?: string
  readonly formatOption?: readonly string[]
  readonly output?: string
}

export interface DatasetInfo {
  readonly name: string
  readonly shortName: string
  readonly fields: readonly {
    readonly name: string
    readonly enumValue: string
    readonly isDefault: boolean
    readonly isFilterable: boolean
  }[]
}

interface Catalogue {
  readonly exportDatasets: readonly DatasetInfo[]
  readonly exportFormats: readonly {
    id: string
    extension: string
    options: { properties?: Record<string, { type?: string }> }
  }[]
}

/** What `startExport` is sent, and the words for it. */
export interface ExportRequest {
  readonly input: object
  readonly dataset: string
  readonly format: string
}

/**
 * The request that the flags stand for, checked against what the server knows.
 * @throws AppError INVALID_INPUT that names every wrong flag at once
 */
export async function buildRequest(
  client: ApiClient,
  datasetName: string,
  flags: ExportFlags,
): Promise<ExportRequest> {
  const catalogue = await client.query<Catalogue>(`{
    exportDatasets { name shortName fields { name enumValue isDefault isFilterable } }
    exportFormats { id extension options }
  }`)
  const problems: Problem[] = []
  const dataset = catalogue.exportDatasets.find(
    (each) => each.shortName === datasetName || each.name === datasetName,
  )
  if (!dataset) {
    problems.push(
      unknownIn(
        'DATASET',
        'dataset',
        datasetName,
        catalogue.exportDatasets.map((each) => each.shortName),
      ),
    )
  }
  const formatName = flags.format ?? formatOfFile(flags.output, catalogue) ?? 'csv'
  const format = catalogue.exportFormats.find((each) => each.id.toLowerCase() === formatName.toLowerCase())
  if (!format) {
    problems.push(
      unknownIn(
        '--format',
        'format',
        formatName,
        catalogue.exportFormats.map((each) => each.id.toLowerCase()),
      ),
    )
  }
  const fields =
    dataset && flags.fields !== undefined ? chooseFields(dataset, flags.fields, problems) : undefined
  const formatOptions = format
    ? parseOptions(flags.formatOption ?? [], format.options.properties ?? {}, problems)
    : {}
  const where = dataset && filterOf(dataset, flags, problems)
  const privacy = dataset && chosenModes(dataset, flags.privacy ?? [], problems)
  const about = privacyOf(flags, problems)
  if (problems.length > 0) throw invalidInput(problems)
  const source = {
    ...(fields && { fields }),
    where,
    ...(flags.order && { orderBy: { direction: flags.order.toUpperCase() } }),
    ...(privacy && privacy.length > 0 && { privacy }),
  }
  const sourceName = camelCase(dataset!.name)
  return {
    input: { source: { [sourceName]: source }, format: format!.id, formatOptions, ...about },
    dataset: dataset!.name,
    format: format!.id.toLowerCase(),
  }
}

/** `a,b` names the columns; `+a,-b` changes the default ones. */
function chooseFields(dataset: DatasetInfo, text: string, problems: Problem[]): readonly string[] {
  const words = text.split(',').map((word) => word.trim())
  const relative = words.every((word) => /^[+-]/.test(word))
  const chosen = relative
    ? dataset.fields.filter((field) => field.isDefault).map((field) => field.enumValue)
    : []
  for (const word of words) {
    const name = relative ? word.slice(1) : word
    const field = dataset.fields.find((each) => each.name === name)
    if (!field) {
      const known = dataset.fields.map((each) => each.name)
      problems.push(unknownIn('--fields', 'field', name, known))
    } else if (relative && word.startsWith('-')) {
      const place = chosen.indexOf(field.enumValue)
      if (place >= 0) chosen.splice(place, 1)
    } else if (!relative || !chosen.includes(field.enumValue)) chosen.push(field.enumValue)
  }
  return chosen
}

function parseOptions(
  pairs: readonly string[],
  known: Record<string, { type?: string }>,
  problems: Problem[],
): Record<string, unknown> {
  const options: Record<string, unknown> = {}
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    const name = at < 0 ? pair : pair.slice(0, at)
    const text = pair.slice(at + 1)
    const type = known[name]?.type
    if (at < 0)
      problems.push({
        message: `${pair} has no value.`,
        path: ['--format-option'],
        suggestion: 'Write name=value.',
      })
    else if (!type && !Object.hasOwn(known, name))
      problems.push(unknownIn('--format-option', 'format option', name, Object.keys(known)))
    else if (type === 'boolean' && (text === 'true' || text === 'false')) options[name] = text === 'true'
    else if ((type === 'number' || type === 'integer') && text !== '' && Number.isFinite(Number(text)))
      options[name] = Number(text)
    else options[name] = text
  }
  return options
}

function formatOfFile(output: string | undefined, catalogue: Catalogue): string | undefined {
  const extension = output === undefined ? '' : extname(output).slice(1).toLowerCase()
  return catalogue.exportFormats.find((format) => format.extension === extension)?.id
}
