import { createKey, listKeys, revokeKey, type ApiKey, type NewApiKey } from '../accounts/keys.ts'
import { builder } from './builder.ts'

const apiKey = builder.objectRef<ApiKey>('ApiKey').implement({
  description: 'An API key. Its secret was shown once, when it was made.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its id.' }),
    name: t.exposeString('name', { description: 'What it is for.' }),
    prefix: t.exposeString('prefix', { description: 'The part of it that may be shown.' }),
    project: t.exposeString('project', { description: 'The project that it acts in.' }),
    role: t.exposeString('role', { description: 'What it may do.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when it is not good.',
    }),
  }),
})

const createResult = builder.objectRef<NewApiKey>('CreateApiKeyResult').implement({
  description: 'A new API key.',
  fields: (t) => ({
    key: t.expose('key', { type: apiKey, description: 'The key, without its secret.' }),
    secret: t.exposeString('secret', { description: 'The whole key. Keep it: it is never shown again.' }),
  }),
})

const revokeResult = builder.objectRef<{ key: ApiKey }>('RevokeApiKeyResult').implement({
  description: 'A key that is no longer good.',
  fields: (t) => ({ key: t.expose('key', { type: apiKey, description: 'The key.' }) }),
})

builder.queryField('apiKeys', (t) =>
  t.field({
    type: [apiKey],
    description: 'All API keys, oldest first, for those who may manage them.',
    resolve: async (_root, _args, { app, caller }) => [...(await listKeys(app.db, caller))],
  }),
)

const createInput = builder.inputType('CreateApiKeyInput', {
  description: 'The key to make.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'What it is for.' }),
    project: t.string({
      description: "The project, made if there is none of that name; if not given, the caller's.",
    }),
  }),
})

builder.mutationField('createApiKey', (t) =>
  t.field({
    type: createResult,
    description: 'Makes an API key with the role admin.',
    args: { input: t.arg({ type: createInput, required: true, description: 'The key to make.' }) },
    resolve: (_root, { input }, { app, caller }) =>
      createKey(app.db, caller, { name: input.name, project: input.project ?? undefined }),
  }),
)

const revokeInput = builder.inputType('RevokeApiKeyInput', {
  description: 'The key to end.',
  fields: (t) => ({ key: t.string({ required: true, description: 'Its id, or its prefix.' }) }),
})

builder.mutationField('revokeApiKey', (t) =>
  t.field({
    type: revokeResult,
    description:
      'Ends an API key at once, and the download links made for it. Ending it again changes nothing.',
    args: { input: t.arg({ type: revokeInput, required: true, description: 'The key to end.' }) },
    resolve: async (_root, { input }, { app, caller }) => ({
      key: await revokeKey(app.db, caller, input.key),
    }),
  }),
)
