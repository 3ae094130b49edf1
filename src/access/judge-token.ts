import { AppError } from '../core/errors.ts'
import { isOpen, isWithdrawnBy, type MemberRow, type Told } from './member-rows.ts'
import type { VerifiedToken } from './tokens.ts'

/** What a token means for the memberships of its subject. */
export interface Judgement {
  readonly withdrawn: readonly MemberRow[]
  /** Where it is used, or why nowhere. */
  readonly project: string | AppError
  /** The membership there, if there is one yet. */
  readonly row: MemberRow | undefined
}

/**
 * Judges a token by the memberships that its subject has, and changes nothing.
 * @param wanted the project that the client names, where there are several
 */
export function judgeToken(
  rows: readonly MemberRow[],
  token: VerifiedToken,
  told: Told,
  wanted: string | undefined,
): Judgement {
  const open = [
    ...rows.filter((row) => isOpen(row, told)).map((row) => row.projectName),
    ...(told.role ? told.projects.filter((name) => !rows.some((row) => row.projectName === name)) : []),
  ]
  const project = chooseProject(token, open, told.projects, wanted)
  return {
    withdrawn: rows.filter((row) => isWithdrawnBy(row, told, wanted)),
    project,
    row: rows.find((row) => row.projectName === project),
  }
}

function chooseProject(
  token: VerifiedToken,
  open: readonly string[],
  told: readonly string[],
  wanted: string | undefined,
): string | AppError {
  if (open.length === 0) return noRole(token)
  const yours = `Yours: ${open.join(', ')}.`
  if (wanted !== undefined) {
    if (open.includes(wanted)) return wanted
    return new AppError('FORBIDDEN', 'The project that was named is not among yours.', { hint: yours })
  }
  const first = told.filter((name) => open.includes(name))
  const [only, ...others] = first.length > 0 ? first : open
  if (others.length === 0) return only!
  return new AppError('INVALID_INPUT', 'You are a member of several projects; say which one.', {
    hint: `Send the header X-Evalport-Project, or set EVALPORT_PROJECT. ${yours}`,
  })
}

function noRole({ subject, settings }: VerifiedToken): AppError {
  const who = `The subject ${JSON.stringify(subject)} of ${settings.issuer}`
  return new AppError('FORBIDDEN', `${who} has no role here.`, {
    hint: `An admin of a project gives it one: evalport project assign ${JSON.stringify(subject)} --issuer ${settings.issuer} --role reader`,
  })
}
