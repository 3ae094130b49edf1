import { createProject, listProjects, renameProject, type Project } from '../accounts/projects.ts'
import { builder } from './builder.ts'

const project = builder.objectRef<Project>('Project').implement({
  description: 'What keeps records, exports, keys and members apart: each belongs to exactly one project.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name, by which everything tells of it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
  }),
})

const result = (name: string, description: string) =>
  builder.objectRef<{ project: Project }>(name).implement({
    description,
    fields: (t) => ({ project: t.expose('project', { type: project, description: 'The project.' }) }),
  })
const createResult = result('CreateProjectResult', 'A new project.')
const renameResult = result('RenameProjectResult', 'A project by its new name.')

builder.queryField('projects', (t) =>
  t.field({
    type: [project],
    description: "The caller's project; for operators every one, by name.",
    resolve: async (_root, _args, { app, caller }) => [...(await listProjects(app.db, caller))],
  }),
)

const createInput = builder.inputType('CreateProjectInput', {
  description: 'The project to make.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description: '1 to 63 of a-z, 0-9, _ and -, a letter or digit first.',
    }),
  }),
})

builder.mutationField('createProject', (t) =>
  t.field({
    type: createResult,
    description: 'Makes a project. For operators.',
    args: { input: t.arg({ type: createInput, required: true, description: 'The project to make.' }) },
    resolve: async (_root, { input }, { app, caller }) => ({
      project: await createProject(app.db, caller, input.name),
    }),
  }),
)

const renameInput = builder.inputType('RenameProjectInput', {
  description: 'The project to rename.',
  fields: (t) => ({
    project: t.string({ required: true, description: 'Its name until now.' }),
    name: t.string({ required: true, description: 'Its name from now on.' }),
  }),
})

builder.mutationField('renameProject', (t) =>
  t.field({
    type: renameResult,
    description: 'Gives a project another name; all that belongs to it stays with it. For operators.',
    args: { input: t.arg({ type: renameInput, required: true, description: 'The project to rename.' }) },
    resolve: async (_root, { input }, { app, caller }) => ({
      project: await renameProject(app.db, caller, input.project, input.name),
    }),
  }),
)
