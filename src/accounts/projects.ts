import { asc, eq } from 'drizzle-orm'
import { hasPermission, type Caller } from '../core/caller.ts'
import { AppError, invalidInput, type Problem } from '../core/errors.ts'
import { canonicalTime } from '../core/time.ts'
import type { Db } from '../db/connection.ts'
import { projects } from '../db/schema/schema.ts'
import { checkProjectName } from './check-input.ts'
import { manage } from './manage.ts'

export interface Project {
  readonly name: string
  readonly createdAt: string
}

/** The projects that the caller may know of, by name: its own, for operators every one. */
export async function listProjects(db: Db, caller: Caller): Promise<readonly Project[]> {
  const mine = hasPermission(caller, 'projects:manage') ? undefined : eq(projects.id, caller.projectId)
  const rows = await db.select().from(projects).where(mine).orderBy(asc(projects.name))
  return rows.map(toProject)
}

/** @throws AppError FORBIDDEN, INVALID_INPUT, or CONFLICT for a name that is taken */
export async function createProject(db: Db, caller: Caller, name: string): Promise<Project> {
  return manage(db, caller, 'projects:manage', async (tx) => {
    await requireFreeName(tx, name)
    const [row] = await tx.insert(projects).values({ name }).returning()
    return toProject(row!)
  })
}

/**
 * Gives a project another name; its keys, members and exports stay with it.
 * @throws AppError FORBIDDEN, INVALID_INPUT, NOT_FOUND, or CONFLICT for a name that is taken
 */
export async function renameProject(db: Db, caller: Caller, oldName: string, name: string): Promise<Project> {
  return manage(db, caller, 'projects:manage', async (tx) => {
    const problems: Problem[] = []
    checkProjectName(oldName, 'project', problems)
    checkProjectName(name, 'name', problems)
    if (problems.length > 0) throw invalidInput(problems)
    const [project] = await tx.select().from(projects).where(eq(projects.name, oldName))
    if (!project) {
      throw new AppError('NOT_FOUND', `There is no project ${JSON.stringify(oldName)}.`, {
        hint: 'See them all: evalport project list.',
      })
    }
    if (oldName === name) return toProject(project)
    await requireFreeName(tx, name)
    const [row] = await tx.update(projects).set({ name }).where(eq(projects.id, project.id)).returning()
    return toProject(row!)
  })
}

/** The transaction holds the principals' lock, so that nobody else takes the name meanwhile. */
async function requireFreeName(tx: Db, name: string): Promise<void> {
  const problems: Problem[] = []
  checkProjectName(name, 'name', problems)
  if (problems.length > 0) throw invalidInput(problems)
  if ((await tx.$count(projects, eq(projects.name, name))) === 0) return
  throw new AppError('CONFLICT', `There is a project ${JSON.stringify(name)} already.`, {
    hint: 'Choose another name. See them all: evalport project list.',
  })
}

function toProject(row: typeof projects.$inferSelect): Project {
  return { name: row.name, createdAt: canonicalTime(row.createdAt) }
}
