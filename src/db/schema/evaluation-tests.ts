import { integer, snakeCase, text, unique, uuid } from 'drizzle-orm/pg-core'
import { projects } from './accounts.ts'
import { projectPolicy } from './project-policy.ts'
import { instant } from './record-columns.ts'
import { sourceFiles } from './source-files.ts'

/**
 * Versions of tests, by which results are completed when either comes in. No export reads it: what a result takes from
 * its test is written into the result.
 */
export const evaluationTests = snakeCase.table(
  'evaluation_tests',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    projectId: integer()
      .notNull()
      .references(() => projects.id),
    testId: text().notNull(),
    testVersion: text().notNull(),
    promptOrder: text().notNull(),
    testTitle: text(),
    prompt: text(),
    /** Hex; what a result's prompt is compared with. */
    promptKey: text(),
    expected: text(),
    rubric: text(),
    since: instant().notNull(),
    sourceFileId: uuid().references(() => sourceFiles.id),
  },
  (t) => [unique().on(t.projectId, t.testId, t.testVersion), projectPolicy(t)],
)
