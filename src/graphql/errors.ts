import { GraphQLError, type GraphQLErrorOptions } from 'graphql'
import type { App } from '../app.ts'
import { AppError, errorCodes, tellError, type Problem, type ToldError } from '../core/errors.ts'
import { unavailableIfAway } from '../exports/transient.ts'
import { builder } from './builder.ts'

/**
 * What clients see of an error that no result type tells of: ours and GraphQL's own redacted, anything else masked, with
 * an id under which the log has it.
 */
export function maskError(
  { log, redaction }: Pick<App, 'log' | 'redaction'>,
  newId: () => string,
): (error: unknown) => Error {
  return (error) => {
    const thrown = originalOf(error)
    const away = unavailableIfAway(thrown)
    if (away) log.warn({ err: thrown }, 'a request met a fault of the database')
    const original = away ?? thrown
    const where: GraphQLErrorOptions =
      error instanceof GraphQLError ? { nodes: error.nodes ?? null, path: error.path ?? null } : {}
    if (original instanceof AppError) {
      const told = tellError(original, redaction.text)
      // Only what is refused before anything is executed has an HTTP status of its own.
      return told.code === 'UNAUTHENTICATED' ? refusedRequest(told, where) : toGraphQLError(told, where)
    }
    if (error instanceof GraphQLError && !original) return redacted(error, redaction.text)
    const requestId = newId()
    log.error({ err: original ?? error, requestId }, 'a request failed by a fault of the server')
    return new GraphQLError(`The server failed; its log has more under ${requestId}.`, {
      ...where,
      extensions: { code: 'INTERNAL', requestId },
    })
  }
}

/** An error of ours as GraphQL tells errors. */
function toGraphQLError(
  { code, message, hint, problems }: ToldError,
  where: GraphQLErrorOptions,
  more: object = {},
): GraphQLError {
  const extensions = { code, ...(hint && { hint }), ...(problems.length > 0 && { problems }), ...more }
  return new GraphQLError(message, { ...where, extensions })
}

/** The same with its HTTP status: what refuses a whole request has one, what refuses a field of an operation has none. */
export function refusedRequest(told: ToldError, where: GraphQLErrorOptions = {}): GraphQLError {
  const headers = told.code === 'UNAUTHENTICATED' ? { 'WWW-Authenticate': 'Bearer' } : {}
  return toGraphQLError(told, where, { http: { status: errorCodes[told.code].status, headers } })
}

/** GraphQL quotes what it was sent. */
export function redacted(error: GraphQLError, redact: (text: string) => string): GraphQLError {
  const message = redact(error.message)
  if (message === error.message) return error
  return new GraphQLError(message, {
    nodes: error.nodes ?? null,
    source: error.source ?? null,
    positions: error.positions ?? null,
    path: error.path ?? null,
    extensions: error.extensions,
  })
}

/** What was thrown by our code, however deep it was wrapped; undefined for errors that GraphQL itself made. */
function originalOf(error: unknown): unknown {
  let current = error
  while (current instanceof GraphQLError) current = current.originalError
  return current
}

const problem = builder.objectRef<Problem>('Problem').implement({
  description: 'One thing that is wrong with an input.',
  fields: (t) => ({
    message: t.exposeString('message', { description: 'What is wrong.' }),
    path: t.exposeStringList('path', { description: 'Where in the arguments.' }),
    suggestion: t.string({
      nullable: true,
      description: 'What to do instead.',
      resolve: (each) => each.suggestion ?? null,
    }),
  }),
})

/** An error as a value: what is an instance of Error, GraphQL throws instead of giving it back in a result. */
export type Refusal = ToldError

const userError = builder.interfaceRef<Refusal>('UserError').implement({
  description: 'A refusal that the client can do something about.',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'A stable name of the kind of refusal.' }),
    message: t.exposeString('message', { description: 'What was refused, and why.' }),
    hint: t.string({
      nullable: true,
      description: 'What to do about it.',
      resolve: (error) => error.hint ?? null,
    }),
  }),
})

export const validationError = builder.objectRef<Refusal>('ValidationError').implement({
  description: 'The input is wrong. Nothing was done.',
  interfaces: [userError],
  fields: (t) => ({
    problems: t.field({
      type: [problem],
      description: 'Every problem of the input.',
      resolve: (error) => [...error.problems],
    }),
  }),
})

export const forbiddenError = builder.objectRef<Refusal>('ForbiddenError').implement({
  description: 'The caller may not do this. Nothing was done.',
  interfaces: [userError],
  fields: (t) => ({
    problems: t.field({
      type: [problem],
      description: 'Every part of the input that is refused, where the refusal is for a part.',
      resolve: (error) => [...error.problems],
    }),
  }),
})

export const conflictError = builder.objectRef<Refusal>('ConflictError').implement({
  description: 'What is asked for does not go with what there is. Nothing was done.',
  interfaces: [userError],
})

export const notFoundError = builder.objectRef<Refusal>('NotFoundError').implement({
  description: 'There is no such thing that the caller may see. Nothing was done.',
  interfaces: [userError],
})

type RefusalType = 'ValidationError' | 'ForbiddenError' | 'ConflictError' | 'NotFoundError'

/** The type of a refusal in a mutation's result, or undefined if it is none that clients are to handle. */
export function refusalType({ code }: Pick<Refusal, 'code'>): RefusalType | undefined {
  if (code === 'CONFLICT') return 'ConflictError'
  if (code === 'NOT_FOUND') return 'NotFoundError'
  if (code === 'INVALID_INPUT') return 'ValidationError'
  if (code === 'FIELD_FORBIDDEN' || code === 'FORBIDDEN') return 'ForbiddenError'
  return undefined
}
