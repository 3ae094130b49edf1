import { revokeKey, rotateKey, updateKey } from '../accounts/change-keys.ts'
import { createKey, listKeys, type ApiKey, type NewApiKey } from '../accounts/keys.ts'
import { builder } from './builder.ts'

const apiKey = builder.objectRef<ApiKey>('ApiKey').implement({
  description: 'An API key. Its secret was shown once, when it was made.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its id.' }),
    name: t.exposeString('name', { description: 'What it is for.' }),
    prefix: t.exposeString('prefix', { description: 'The part of it that may be shown.' }),
    project: t.exposeString('project', { description: 'The project that it acts in.' }),
    role: t.exposeString('role', { description: 'What it may do.' }),
    scopes: t.stringList({
      nullable: true,
      description: 'The permissions that are left of its role; null: all of them.',
      resolve: (key) => key.scopes && [...key.scopes],
    }),
    isGood: t.exposeBoolean('isGood', { description: 'Whether it may be used now.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last used, to the minute.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ends by itself, or has; null: never.',
    }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when it is not good.',
    }),
    replacedBy: t.id({
      nullable: true,
      description: 'The id of the key that took over from it.',
      resolve: (key) => key.replacedBy,
    }),
  }),
})

const secret = 'The whole key. Keep it: it is never shown again.'
const createResult = builder.objectRef<NewApiKey>('CreateApiKeyResult').implement({
  description: 'A new API key.',
  fields: (t) => ({
    key: t.expose('key', { type: apiKey, description: 'The key, without its secret.' }),
    secret: t.exposeString('secret', { description: secret }),
  }),
})

const rotateResult = builder
  .objectRef<NewApiKey & { readonly replaced: ApiKey }>('RotateApiKeyResult')
  .implement({
    description: 'A new API key, and the one that it took over from.',
    fields: (t) => ({
      key: t.expose('key', { type: apiKey, description: 'The new key, without its secret.' }),
      secret: t.exposeString('secret', { description: secret }),
      replaced: t.expose('replaced', { type: apiKey, description: 'The old key, good for the overlap.' }),
    }),
  })

const result = (name: string, description: string) =>
  builder.objectRef<{ key: ApiKey }>(name).implement({
    description,
    fields: (t) => ({ key: t.expose('key', { type: apiKey, description: 'The key.' }) }),
  })
const updateResult = result('UpdateApiKeyResult', 'A key as it is now.')
const revokeResult = result('RevokeApiKeyResult', 'A key that is no longer good.')

builder.queryField('apiKeys', (t) =>
  t.field({
    type: [apiKey],
    description:
      "All API keys of the caller's project, for operators of every project, oldest first, for those who may manage them.",
    resolve: async (_root, _args, { app, caller }) => [...(await listKeys(app.db, caller))],
  }),
)

const expires = 'When it ends by itself: a time, a length of time such as 90d or 12h, or never'
const createInput = builder.inputType('CreateApiKeyInput', {
  description: 'The key to make.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'What it is for.' }),
    project: t.string({ description: "The project; if not given, the caller's." }),
    role: t.string({ description: 'What it may do; if not given, analyst.' }),
    scopes: t.stringList({
      description: 'Permissions of the role, all that is left of it; if not given, all of them.',
    }),
    expires: t.string({ description: `${expires}, which is meant if not given.` }),
  }),
})

builder.mutationField('createApiKey', (t) =>
  t.field({
    type: createResult,
    description: 'Makes an API key that may do at most what the caller may.',
    args: { input: t.arg({ type: createInput, required: true, description: 'The key to make.' }) },
    resolve: (_root, { input }, { app, caller }) =>
      createKey(app.db, caller, {
        name: input.name,
        project: input.project ?? undefined,
        role: input.role ?? undefined,
        scopes: input.scopes ?? undefined,
        expires: input.expires ?? undefined,
      }),
  }),
)

const updateInput = builder.inputType('UpdateApiKeyInput', {
  description: 'What of a key is to change; what is not given stays.',
  fields: (t) => ({
    key: t.string({ required: true, description: 'Its id, or its prefix.' }),
    name: t.string({ description: 'What it is for.' }),
    role: t.string({ description: 'What it may do.' }),
    scopes: t.stringList({ description: 'All that is left of its role; null: all that the role allows.' }),
    expires: t.string({ description: `${expires}.` }),
  }),
})

builder.mutationField('updateApiKey', (t) =>
  t.field({
    type: updateResult,
    description: 'Changes a good API key, at once also for open connections.',
    args: { input: t.arg({ type: updateInput, required: true, description: 'The key, and the change.' }) },
    resolve: async (_root, { input }, { app, caller }) => ({
      key: await updateKey(app.db, caller, input.key, {
        name: input.name ?? undefined,
        role: input.role ?? undefined,
        scopes: input.scopes,
        expires: input.expires ?? undefined,
      }),
    }),
  }),
)

const rotateInput = builder.inputType('RotateApiKeyInput', {
  description: 'The key to replace.',
  fields: (t) => ({
    key: t.string({ required: true, description: 'Its id, or its prefix.' }),
    overlap: t.string({
      description: 'How long the old key stays good, e.g. 24h, which is meant if not given; 0: not at all.',
    }),
  }),
})

builder.mutationField('rotateApiKey', (t) =>
  t.field({
    type: rotateResult,
    description: 'Makes a key that takes over from another: of the same name, project, role, scopes and end.',
    args: { input: t.arg({ type: rotateInput, required: true, description: 'The key to replace.' }) },
    resolve: (_root, { input }, { app, caller }) =>
      rotateKey(app.db, caller, input.key, input.overlap ?? undefined),
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
      'Ends an API key at once, its open connections and the download links made for it. Ending it again changes nothing.',
    args: { input: t.arg({ type: revokeInput, required: true, description: 'The key to end.' }) },
    resolve: async (_root, { input }, { app, caller }) => ({
      key: await revokeKey(app.db, caller, input.key),
    }),
  }),
)
