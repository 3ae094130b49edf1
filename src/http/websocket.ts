import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import { GraphQLError, type DocumentNode, type ExecutionArgs } from 'graphql'
import { CloseCode, type Context } from 'graphql-ws'
import { useServer, type Extra } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'
import type { App } from '../app.ts'
import { authenticateAgain } from '../access/authenticate.ts'
import { watchCaller } from '../access/watch-caller.ts'
import type { Caller } from '../core/caller.ts'
import { AppError, type ErrorCode } from '../core/errors.ts'
import { maskError, redacted } from '../graphql/errors.ts'
import { credentialsIn, whoAsks, type Credentials } from './who-asks.ts'
import type { Yoga } from './yoga.ts'

const maxPayload = 64 * 1024

type ConnectionExtra = Extra & Record<PropertyKey, unknown> & { caller?: Caller; unwatch?: () => void }

type EnvelopedArgs = ExecutionArgs & {
  rootValue: Pick<ReturnType<Yoga['getEnveloped']>, 'execute' | 'subscribe'>
}

/**
 * GraphQL over WebSocket by the graphql-ws protocol, at the same path. The key comes in the payload of
 * `connection_init`, `{"Authorization": "Bearer evp_…", "project": "…"}`, since browsers can set no headers there. A socket
 * ends with its caller: when its key is revoked or expires, its role is taken away, or its token has ended.
 * @returns closes every socket
 */
export function serveWebSockets(app: App, server: Server, yoga: Yoga): () => Promise<void> {
  const sockets = new WebSocketServer({ server, path: yoga.graphqlEndpoint, maxPayload })
  const protocol = useServer<Record<string, unknown>, ConnectionExtra>(
    {
      // The reason of a close would otherwise be the message of whatever was thrown.
      isProd: true,
      async onConnect(context) {
        const { extra } = context
        const close = (error: AppError) =>
          extra.socket.close(closeCodeOf(error.code), reasonOf(app.redaction.text(error.message)))
        try {
          const { searchParams } = new URL(extra.request.url ?? '', 'http://localhost')
          const caller = await whoAsks(app, searchParams, credentialsOf(context))
          extra.caller = caller
          // It may have left while it was asked who it is.
          if (extra.socket.readyState !== extra.socket.OPEN) return false
          extra.unwatch = watchCaller(app, caller, { ended: close })
          return true
        } catch (error) {
          if (!(error instanceof AppError)) throw error
          close(error)
          return false
        }
      },
      onClose: ({ extra }) => extra.unwatch?.(),
      async onSubscribe(context, _id, payload) {
        // The key was good when the socket was opened; a revoked one is refused at once.
        const caller = await authenticateAgain(app.db, context.extra.caller!).catch((error: unknown) => {
          if (!(error instanceof AppError)) return [maskError(app, randomUUID)(error) as GraphQLError]
          context.extra.socket.close(CloseCode.Forbidden, reasonOf(error.message))
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
          if (error instanceof GraphQLError) return [redacted(error, app.redaction.text)]
          throw error
        }
        const errors: readonly GraphQLError[] = validate(schema, document)
        if (errors.length > 0) return errors.map((error) => redacted(error, app.redaction.text))
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

function credentialsOf(context: Context<Record<string, unknown>, ConnectionExtra>): Credentials {
  const told: Record<string, string> = {}
  for (const [name, value] of Object.entries(context.connectionParams ?? {})) {
    if (typeof value === 'string') told[name.toLowerCase()] = value
  }
  const inHeaders = credentialsIn(context.extra.request.headers)
  return {
    authorization: told['authorization'] ?? inHeaders.authorization,
    project: told['project'] ?? inHeaders.project,
  }
}

function closeCodeOf(code: ErrorCode): number {
  if (code === 'INVALID_INPUT') return CloseCode.BadRequest
  // RFC 6455's registry: try again later.
  return code === 'UNAVAILABLE' ? 1013 : CloseCode.Forbidden
}

/** A close frame holds 123 bytes. */
function reasonOf(message: string): string {
  let reason = message
  while (Buffer.byteLength(reason) > 123) reason = `${[...reason].slice(0, -2).join('')}…`
  return reason
}
