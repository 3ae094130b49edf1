import { lexicographicSortSchema, printSchema, type GraphQLSchema } from 'graphql'
import './api-keys.ts'
import { builder } from './builder.ts'
import './change-export.ts'
import './datasets.ts'
import './export-formats.ts'
import './export-job-updates.ts'
import './export-jobs.ts'
import './members.ts'
import './projects.ts'
import './start-export.ts'
import './viewer.ts'

export const schema: GraphQLSchema = builder.toSchema()

/** The schema as `schema.graphql` holds it. */
export function printedSchema(): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`
}
