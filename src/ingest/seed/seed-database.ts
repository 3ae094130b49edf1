import { invalidInput, type Problem } from '../../core/errors.ts'
import { unknownName } from '../../core/suggestion.ts'
import { datasets } from '../../datasets/registry.ts'
import { openDatabase } from '../../db/connection.ts'
import { seedRows, type Seeded } from './seed.ts'
import type { SeedTable } from './table.ts'
import { seedTables } from './tables.ts'

/** What to seed, as a person writes it. */
export interface SeedRequest {
  readonly rows: string
  readonly seed: string
  /** Names or short names; none: all. */
  readonly datasets: readonly string[]
  readonly project: string
}

/** What to do meanwhile. */
export interface SeedWatch {
  readonly signal: AbortSignal
  onProgress(rows: number): void
}

const maxRows = 100_000_000

/**
 * Seeds a project of a migrated database.
 * @returns what became of the rows, by dataset
 * @throws AppError INVALID_INPUT that names everything that is wrong with the request
 */
export async function seedDatabase(
  url: string,
  request: SeedRequest,
  watch: SeedWatch,
): Promise<ReadonlyMap<string, Seeded>> {
  const problems: Problem[] = []
  const rows = wholeNumber('--rows', request.rows, 1, maxRows, problems)
  const seed = wholeNumber('--seed', request.seed, 0, Number.MAX_SAFE_INTEGER, problems)
  const tables = request.datasets.length === 0 ? seedTables : chosenTables(request.datasets, problems)
  const database = openDatabase(url)
  try {
    const projects = await database.bulk`select id, name from projects order by name`
    const project = projects.find((row) => row['name'] === request.project)
    if (!project) {
      const known = projects.map((row) => row['name'] as string)
      problems.push(unknownName('project', request.project, ['--project'], known))
    }
    if (problems.length > 0) throw invalidInput(problems)
    const order = { projectId: project!['id'] as number, tables, rows, seed }
    return await seedRows(database.bulk, order, watch)
  } finally {
    await database.close()
  }
}

function wholeNumber(flag: string, text: string, min: number, max: number, problems: Problem[]): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) {
    problems.push({
      message: `${flag} is a whole number from ${min} to ${max}, not ${JSON.stringify(text)}.`,
      path: [flag],
    })
  }
  return value
}

function chosenTables(names: readonly string[], problems: Problem[]): readonly SeedTable[] {
  const chosen = new Set<SeedTable>()
  for (const name of names) {
    const dataset = datasets.find(({ id, shortName }) => id === name || shortName === name)
    const table = seedTables.find((each) => each.dataset === dataset?.id)
    if (table) chosen.add(table)
    else {
      const known = seedTables.map((each) => each.dataset)
      problems.push(unknownName('dataset', name, ['--dataset'], known))
    }
  }
  return [...chosen]
}
