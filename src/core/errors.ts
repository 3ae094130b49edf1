/**
 * Every error that a client may see: a stable code, its HTTP status where it travels by HTTP, and the exit code of the
 * command line. Anything thrown that is no `AppError` is a bug and is masked.
 */
export const errorCodes = {
  UNAUTHENTICATED: { status: 401, exit: 4 },
  FORBIDDEN: { status: 403, exit: 5 },
  FIELD_FORBIDDEN: { status: 403, exit: 5 },
  PERMISSION_LOST: { status: 403, exit: 5 },
  LINK_INVALID: { status: 403, exit: 5 },
  LINK_EXPIRED: { status: 403, exit: 5 },
  NOT_FOUND: { status: 404, exit: 1 },
  CONFLICT: { status: 409, exit: 2 },
  FILE_GONE: { status: 410, exit: 1 },
  PAYLOAD_TOO_LARGE: { status: 413, exit: 2 },
  INVALID_INPUT: { status: 400, exit: 2 },
  INCOMPLETE: { status: 500, exit: 6 },
  EXPORT_FAILED: { status: 500, exit: 6 },
  CHECKSUM_MISMATCH: { status: 500, exit: 7 },
  SNAPSHOT_TOO_OLD: { status: 500, exit: 6 },
  STORAGE_FULL: { status: 507, exit: 6 },
  STILL_RUNNING: { status: 504, exit: 8 },
  UNAVAILABLE: { status: 503, exit: 1 },
  INTERNAL: { status: 500, exit: 1 },
} as const satisfies Record<string, { status: number; exit: number }>

export type ErrorCode = keyof typeof errorCodes

/** One thing that is wrong with what a caller sent. */
export interface Problem {
  /** What is wrong, in a sentence. */
  readonly message: string
  /** Where: the path in the input, e.g. `['source', 'evaluationResults', 'fields', '2']`. */
  readonly path: readonly string[]
  /** What to do instead. */
  readonly suggestion?: string
}

export class AppError extends Error {
  readonly code: ErrorCode
  /** What to do about it. */
  readonly hint: string | undefined
  /** All that is wrong, where there can be several. */
  readonly problems: readonly Problem[]

  constructor(
    code: ErrorCode,
    message: string,
    more: { hint?: string; problems?: readonly Problem[]; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.name = 'AppError'
    this.code = code
    this.hint = more.hint
    this.problems = more.problems ?? []
  }
}

/** An `INVALID_INPUT` that names every problem at once. */
export function invalidInput(problems: readonly Problem[]): AppError {
  const message = problems
    .map((problem) => [problem.message, problem.suggestion].filter(Boolean).join(' '))
    .join('\n')
  return new AppError('INVALID_INPUT', message, { problems })
}

/** What an error says, as it may be told. */
export type ToldError = Pick<AppError, 'code' | 'message' | 'hint' | 'problems'>

/** An error's words may quote what somebody sent, or a file: none is told but through this. */
export function tellError(
  { code, message, hint, problems }: ToldError,
  redact: (text: string) => string,
): ToldError {
  return {
    code,
    message: redact(message),
    hint: hint === undefined ? undefined : redact(hint),
    problems: problems.map((problem) => ({
      message: redact(problem.message),
      path: problem.path.map(redact),
      ...(problem.suggestion !== undefined && { suggestion: redact(problem.suggestion) }),
    })),
  }
}
