import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { AppError } from '../core/errors.ts'
import { isProjectName } from '../core/project-name.ts'
import { roleMap } from './role-map.ts'

/** Those that sign with a key pair: with a shared secret, or none, whoever may read a token could make one. */
const algorithms =
  'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519 ML-DSA-44 ML-DSA-65 ML-DSA-87'.split(
    ' ',
  )
const usualAlgorithms = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519']

/** What travels to a provider must not be readable or changeable on the way, except on this machine. */
const isProtected = (url: URL): boolean =>
  url.protocol === 'https:' ||
  (url.protocol === 'http:' && /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(url.hostname))

/** What a URL consists of; `URL` itself passes over blanks around it and line breaks in it. */
const printable = /^[\x21-\x7e]+$/
const longestIssuer = 500

export function isProviderUrl(text: string): boolean {
  if (!printable.test(text) || !URL.canParse(text)) return false
  const url = new URL(text)
  return isProtected(url) && url.username === '' && url.password === '' && url.hash === ''
}

/** Whether tokens could name such an issuer and we could know it. */
export function isIssuer(text: string): boolean {
  return text.length <= longestIssuer && !text.includes('?') && isProviderUrl(text)
}

const providerUrl = z
  .string()
  .refine(
    isProviderUrl,
    'must be an https:// URL without user name, fragment and blanks (http:// on loopback alone)',
  )
const issuerUrl = providerUrl.refine(
  (url) => !isProviderUrl(url) || isIssuer(url),
  `must have no query and at most ${longestIssuer} characters`,
)
const claim = z.string().min(1).max(200)
const seconds = (most: number) => z.int().min(0).max(most)

const issuerSchema = z
  .strictObject({
    /** Exactly as tokens say it. */
    issuer: issuerUrl,
    /** What tokens must be meant for; one of several is enough. */
    audience: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
    /** Where its keys are; absent: its own configuration says. */
    jwksUrl: providerUrl.optional(),
    algorithms: z
      .array(
        z.string().refine((name) => algorithms.includes(name), `must be one of ${algorithms.join(', ')}`),
      )
      .min(1)
      .default(usualAlgorithms),
    clockToleranceSeconds: seconds(300).default(30),
    /** After so long its keys are fetched anew, */
    keysMaxAgeSeconds: seconds(86_400).default(600),
    /** but for a key that is not among them no sooner than so long after the last time. */
    keysCooldownSeconds: seconds(3600).default(30),
    /** The claim that tells what somebody is, by its name or the path to it, e.g. `realm_access.roles`. */
    roleClaim: claim.optional(),
    /** Which role that means; of several, the first here. */
    roles: roleMap.optional(),
    /** The claim that names the project or projects, */
    projectClaim: claim.optional(),
    /** or the one project for all of this issuer; absent both: where they are members. */
    project: z.string().refine(isProjectName, 'must be the name of a project').optional(),
    /** The claim that tells what somebody is called; absent: the subject. */
    nameClaim: claim.optional(),
  })
  .check(({ value, issues }) => {
    const problem = (path: string, message: string) =>
      issues.push({ code: 'custom', input: value, path: [path], message })
    if (value.roleClaim === undefined && value.roles) problem('roleClaim', 'goes together with roles')
    if (value.roleClaim !== undefined && !value.roles) problem('roles', 'goes together with roleClaim')
    if (value.project !== undefined && value.projectClaim !== undefined)
      problem('project', 'excludes projectClaim')
  })

/** An OIDC issuer whose tokens are taken. */
export type IssuerSettings = z.infer<typeof issuerSchema>

const issuersSchema = z.array(issuerSchema).check(({ value, issues }) => {
  for (const [index, { issuer }] of value.entries()) {
    if (value.findIndex((each) => each.issuer === issuer) === index) continue
    issues.push({ code: 'custom', input: value, path: [index, 'issuer'], message: 'stands here twice' })
  }
})

/**
 * The issuers that a file lists.
 * @throws AppError INVALID_INPUT that names the file and all that is wrong in it
 */
export async function loadIssuers(path: string | undefined): Promise<readonly IssuerSettings[]> {
  if (path === undefined) return []
  const refuse = (why: string) =>
    new AppError(
      'INVALID_INPUT',
      `The identity providers of ${path} (EVALPORT_OIDC) cannot be used: ${why}`,
      {
        hint: 'It is a JSON list of objects with issuer, audience and what docs/access.md says besides.',
      },
    )
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw refuse(error.message)
  })
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw refuse((error as Error).message)
  }
  return parseIssuers(json, refuse)
}

/** @param refuse makes the error from all problems, a line each */
export function parseIssuers(json: unknown, refuse: (why: string) => Error): readonly IssuerSettings[] {
  const parsed = issuersSchema.safeParse(json)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map((issue) => `  ${issue.path.join('.') || 'it'}: ${issue.message}`)
  throw refuse(`\n${problems.join('\n')}`)
}
