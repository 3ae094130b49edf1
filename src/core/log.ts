/** Where running processes tell what happens; never given a secret or a record's content. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** An error as it may stand in a log. */
export interface LoggableError {
  readonly type: string
  readonly message: string
  readonly code?: string
  readonly stack?: string
  readonly cause?: LoggableError
}

/**
 * What of an error may be logged: its kind, what it says, where it was thrown, and its causes. Left out is what holds
 * records: the parameters of a failed query, which Drizzle repeats in the message, and the row that Postgres tells as detail.
 */
export function loggableError(error: unknown, depth = 0): LoggableError {
  if (!(error instanceof Error))
    return { type: typeof error, message: 'something was thrown that is no error' }
  const { name, message, stack, cause, code, query } = error as Error & { code?: unknown; query?: unknown }
  const frames = stack?.split('\n').filter((line) => /^\s+at /.test(line))
  return {
    type: name,
    message:
      typeof query === 'string' && message.startsWith('Failed query:') ? `Failed query: ${query}` : message,
    ...(typeof code === 'string' && { code }),
    ...(frames && { stack: frames.join('\n') }),
    ...(cause !== undefined && depth < 5 && { cause: loggableError(cause, depth + 1) }),
  }
}
