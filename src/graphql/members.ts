import { assignRole, listMembers, removeRole, type Member } from '../accounts/members.ts'
import { builder } from './builder.ts'

const member = builder.objectRef<Member>('Member').implement({
  description: 'A person or service that an identity provider knows, and its role in a project.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its id.' }),
    name: t.exposeString('name', { description: 'What it is called.' }),
    project: t.exposeString('project', { description: 'The project.' }),
    issuer: t.exposeString('issuer', { description: 'Its identity provider, as its tokens say it.' }),
    subject: t.exposeString('subject', { description: 'Itself, as its identity provider calls it.' }),
    role: t.exposeString('role', { description: 'What it may do in the project.' }),
    roleSource: t.exposeString('roleSource', {
      description: 'assigned: given here; claims: told by its last token.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Since when it has been known.' }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it last came, to the minute.',
    }),
    removedAt: t.expose('removedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when it may not come in, until it is given a role again.',
    }),
  }),
})

const result = (name: string, description: string) =>
  builder.objectRef<{ member: Member }>(name).implement({
    description,
    fields: (t) => ({ member: t.expose('member', { type: member, description: 'The member.' }) }),
  })
const assignResult = result('AssignRoleResult', 'A member with the role that it was given.')
const removeResult = result('RemoveRoleResult', 'A member who is none any more.')

builder.queryField('members', (t) =>
  t.field({
    type: [member],
    description: 'The members of a project, removed ones too, oldest first, for those who may manage them.',
    args: { project: t.arg.string({ description: "The project; if not given, the caller's." }) },
    resolve: async (_root, { project }, { app, caller }) => [
      ...(await listMembers(app.db, caller, project ?? undefined)),
    ],
  }),
)

const assignInput = builder.inputType('AssignRoleInput', {
  description: 'Who is to have which role.',
  fields: (t) => ({
    project: t.string({ description: "The project; if not given, the caller's." }),
    issuer: t.string({ required: true, description: 'The identity provider, as tokens say it (iss).' }),
    subject: t.string({ required: true, description: 'Who, as the identity provider calls it (sub).' }),
    role: t.string({ required: true, description: 'The role, at most what the caller has itself.' }),
    name: t.string({ description: 'What to call it; if not given, by its name until now or its subject.' }),
  }),
})

builder.mutationField('assignRole', (t) =>
  t.field({
    type: assignResult,
    description: 'Gives a person or service a role in a project, instead of any other, at once.',
    args: { input: t.arg({ type: assignInput, required: true, description: 'Who, and which role.' }) },
    resolve: async (_root, { input }, { app, caller }) => ({
      member: await assignRole(app.db, caller, {
        ...input,
        project: input.project ?? undefined,
        name: input.name ?? undefined,
      }),
    }),
  }),
)

const removeInput = builder.inputType('RemoveRoleInput', {
  description: 'Who is to have no role any more.',
  fields: (t) => ({
    project: t.string({ description: "The project; if not given, the caller's." }),
    issuer: t.string({ required: true, description: 'The identity provider, as tokens say it (iss).' }),
    subject: t.string({ required: true, description: 'Who, as the identity provider calls it (sub).' }),
  }),
})

builder.mutationField('removeRole', (t) =>
  t.field({
    type: removeResult,
    description:
      'Ends a membership at once, whatever claims of tokens say, until a role is assigned again. Ending it again ' +
      'changes nothing.',
    args: { input: t.arg({ type: removeInput, required: true, description: 'Who.' }) },
    resolve: async (_root, { input }, { app, caller }) => ({
      member: await removeRole(app.db, caller, { ...input, project: input.project ?? undefined }),
    }),
  }),
)
