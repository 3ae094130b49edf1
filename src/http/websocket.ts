import type { Server } from 'node:http'
import { GraphQLError, type DocumentNode, type ExecutionArgs } from 'graphql'
import { CloseCode, type Context } from 'graphql-ws'
import { useServer, type Extra } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'
import type { App } from '../app.ts'
import { authenticate, authenticateAgain } from '../access/authenticate.ts'
import type { Caller } from '../core/caller.ts'
import { AppError } from '../core/errors.ts'
import type { Yoga } from './yoga.ts'

const maxPayload = 64 * 1024

type ConnectionExtra = Extra & Record<PropertyKey, unknown> & { caller?: Caller }

type EnvelopedArgs = ExecutionArgs & {
  rootValue: Pick<ReturnType<Yoga['getEnveloped']>, 'execute' | 'subscribe'>
}

/**
 * GraphQL over WebSocket by the graphql-ws protocol, at the same path. The key comes in the payload of
 * `connection_init`, `{"Authorization": "Bearer evp_…"}`, since browsers can set no headers there.
 * @returns closes every socket
 */
export function serveWebSockets(app: App, server: Server, yoga: Yoga): () => Promise<void> {
  const sockets = new WebSocketServer({ server, path: yoga.graphqlEndpoint, maxPayload })
  const protocol = useServer<Record<string, unknown>, ConnectionExtra>(
    {
      // The reason of a close would otherwise be the message of whatever was thrown.
      isProd: true,
      async onConnect(context) {
        try {
          context.extra.caller = await authenticate(app.db, authorizationOf(context))
          return true
        } catch (error) {
          if (!(error instanceof AppError)) throw error
          context.extra.socket.close(CloseCode.Forbidden, error.message)
          return false
        }
      },
      async onSubscribe(context, _id, payload) {
        // The key was good when the socket was opened; a revoked one is refused at once.
        const caller = await authenticateAgain(app.db, context.extra.caller!).catch((error: unknown) => {
          if (!(error instanceof AppError)) throw error
          context.extra.socket.close(CloseCode.Forbidden, error.message)
          return [new GraphQLError(error.message, { extensions: { code: error.code } })]
        })
        if (Array.isArray(caller)) return caller
        const { schema, parse, validate, contextFactory, execute, subscribe } = yoga.getEnveloped({
          caller,
          params: payload,
        })
        let document: DocumentNode
        try {
          document = parse(payload.query)
        } catch (error) {
          // Thrown further, it would end the socket and all that goes on over it.
          if (error instanceof GraphQLError) return [error]
          throw error
        }
        const errors = validate(schema, document)
        if (errors.length > 0) return errors
        return {
          schema,
          document,
          operationName: payload.operationName ?? null,
          variableValues: payload.variables ?? null,
          contextValue: await contextFactory(),
          rootValue: { execute, subscribe },
        }
      },
      execute: (args) => (args as EnvelopedArgs).rootValue.execute(args),
      subscribe: (args) => (args as EnvelopedArgs).rootValue.subscribe(args),
    },
    sockets,
  )
  // graphql-ws would print the stack of each message that is too large; ws itself closes such a socket.
  sockets.on('connection', (socket) => {
    socket.removeAllListeners('error').on('error', (error) => app.log.debug({ err: error }, 'a socket broke'))
  })
  return async () => {
    await protocol.dispose()
  }
}

function authorizationOf(context: Context<Record<string, unknown>, ConnectionExtra>): string | undefined {
  for (const [name, value] of Object.entries(context.connectionParams ?? {})) {
    if (name.toLowerCase() === 'authorization' && typeof value === 'string') return value
  }
  return context.extra.request.headers.authorization
}
