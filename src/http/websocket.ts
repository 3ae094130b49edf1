import type { Server } from 'node:http'
import type { ExecutionArgs } from 'graphql'
import { CloseCode, type Context } from 'graphql-ws'
import { useServer, type Extra } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'
import type { App } from '../app.ts'
import { authenticate } from '../access/authenticate.ts'
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
        const { schema, parse, validate, contextFactory, execute, subscribe } = yoga.getEnveloped({
          caller: context.extra.caller,
          params: payload,
        })
        const document = parse(payload.query)
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
