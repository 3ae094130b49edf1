import { randomUUID } from 'node:crypto'
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga'
import type { App } from '../app.ts'
import { authenticate } from '../access/authenticate.ts'
import type { Caller } from '../core/caller.ts'
import type { GraphQLContext } from '../graphql/context.ts'
import { maskError } from '../graphql/errors.ts'
import { schema } from '../graphql/schema.ts'

const maxBodyBytes = 1024 * 1024

/** What a transport knows before Yoga begins: by WebSocket, the caller is known from the connection. */
export interface TransportContext {
  caller?: Caller
}

export type Yoga = YogaServerInstance<TransportContext, GraphQLContext>

/** The GraphQL endpoint over HTTP: queries, mutations, and subscriptions as server-sent events. */
export function createGraphQLEndpoint(app: App): Yoga {
  return createYoga<TransportContext, GraphQLContext>({
    schema,
    graphqlEndpoint: '/graphql',
    landingPage: false,
    cors: false,
    multipart: false,
    batching: false,
    maxRequestBodySize: maxBodyBytes,
    // GraphiQL is a page of 17 MB with all that it needs, so it is loaded when somebody asks for it.
    renderGraphiQL: async (options) =>
      (await import('@graphql-yoga/render-graphiql')).renderGraphiQL(options),
    graphiql: {
      title: 'Evalport',
      subscriptionsProtocol: 'WS',
      headers: '{"Authorization": "Bearer evp_…"}',
    },
    maskedErrors: { maskError: maskError(app.log, randomUUID) },
    logging: {
      debug: () => {},
      info: () => {},
      // Yoga reports each masked error here; `maskError` has logged those that are faults.
      warn: () => {},
      error: () => {},
    },
    context: ({ caller, request }) => {
      if (!caller) throw new Error('an operation came through without a caller')
      return { app, caller, ...(request && { signal: request.signal }) }
    },
    plugins: [authentication(app)],
  })
}

/** Asks for the key before anything of the operation is looked at, its text included. */
function authentication(app: App): Plugin<object, TransportContext> {
  return {
    async onRequestParse({ request, serverContext }) {
      serverContext.caller = await authenticate(app.db, request.headers.get('authorization'))
    },
  }
}
