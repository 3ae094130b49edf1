import { randomUUID } from 'node:crypto'
import { GraphQLError } from 'graphql'
import { createYoga, type Plugin, type YogaServerInstance, type YogaServerOptions } from 'graphql-yoga'
import type { App } from '../app.ts'
import type { Caller } from '../core/caller.ts'
import { AppError, tellError } from '../core/errors.ts'
import type { GraphQLContext } from '../graphql/context.ts'
import { maskError, refusedRequest } from '../graphql/errors.ts'
import { schema } from '../graphql/schema.ts'
import { whoAsks } from './who-asks.ts'

const maxBodyBytes = 1024 * 1024
/** Of records in one answer, about; pages end early for it. */
const operationBytes = 16 * 1024 * 1024
/** Of one document; the longest that our own tools send, the introspection query, has a third of that. */
const maxTokens = 1000

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
    renderGraphiQL: onceRendered(),
    graphiql: {
      title: 'Evalport',
      headers: '{"Authorization": "Bearer evp_…"}',
    },
    maskedErrors: { maskError: maskError(app, randomUUID) },
    logging: {
      debug: () => {},
      info: () => {},
      // Yoga reports each masked error here; `maskError` has logged those that are faults.
      warn: () => {},
      error: () => {},
    },
    context: ({ caller, request }) => {
      if (!caller) throw new Error('an operation came through without a caller')
      return {
        app,
        caller,
        pageBytes: { left: operationBytes },
        ...(request && { signal: request.signal }),
      }
    },
    plugins: [tokenLimit, pageCache, authentication(app)],
  })
}

/** GraphiQL is a page of 17 MB with all that it needs, so it is loaded when somebody asks for it, and made once. */
function onceRendered(): NonNullable<YogaServerOptions<TransportContext, GraphQLContext>['renderGraphiQL']> {
  let page: Promise<string> | undefined
  return (options) =>
    (page ??= import('@graphql-yoga/render-graphiql').then(({ renderGraphiQL }) => renderGraphiQL(options)))
}

/** Nobody needs a key for the page, so that a browser should not ask for it each time. */
const pageCache: Plugin = {
  onResponse({ response }) {
    if (!response.headers.get('content-type')?.startsWith('text/html')) return
    response.headers.set('Cache-Control', 'private, max-age=3600')
    // At the same address, other requests get answers.
    response.headers.set('Vary', 'Accept')
  },
}

/** By HTTP and by WebSocket: deep nesting would otherwise exhaust the stack of the parser and of all that comes after. */
const tokenLimit: Plugin = {
  onParse({ parseFn, setParseFn }) {
    setParseFn((source, options) => parseFn(source, { ...options, maxTokens }))
  },
}

/** Asks for the key before anything of the operation is looked at, its text included. */
function authentication(app: App): Plugin<object, TransportContext> {
  return {
    async onRequestParse({ request, url, serverContext, requestParser, setRequestParser }) {
      if (requestParser) setRequestParser((each) => parseRequest(requestParser, each))
      const { headers } = request
      const credentials = {
        authorization: headers.get('authorization'),
        project: headers.get('x-evalport-project'),
      }
      serverContext.caller = await whoAsks(app, url.searchParams, credentials).catch((error: unknown) => {
        throw error instanceof AppError ? refusedRequest(tellError(error, app.redaction.text)) : error
      })
    },
  }
}

/** Variables in an address are parsed by Yoga without a word for those that are no JSON. */
async function parseRequest<Params>(
  parse: (request: Request) => Params | Promise<Params>,
  request: Request,
): Promise<Params> {
  try {
    return await parse(request)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new GraphQLError('variables or extensions are not valid JSON.', {
      extensions: { code: 'BAD_REQUEST', http: { status: 400 } },
    })
  }
}
