import type { Caller } from '../core/caller.ts'
import { builder } from './builder.ts'

const viewer = builder.objectRef<Caller>('Viewer').implement({
  description: 'Who asks.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What the key or the member is called.' }),
    kind: t.exposeString('kind', {
      description: 'key: an API key; member: whoever brings a token of an identity provider.',
    }),
    project: t.string({
      description: 'The project that the caller acts in.',
      resolve: (caller) => caller.projectName,
    }),
    role: t.exposeString('role', { description: 'Its role there.' }),
    permissions: t.stringList({
      description: 'What it may do: what the role allows, and the scopes of a key leave of it.',
      resolve: (caller) => [...caller.permissions],
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the key or the token ends by itself; null: never.',
    }),
  }),
})

builder.queryField('viewer', (t) =>
  t.field({
    type: viewer,
    description: 'The caller, as the server knows it.',
    resolve: (_root, _args, { caller }) => caller,
  }),
)
