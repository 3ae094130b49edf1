import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { sensitivities, type Sensitivity } from './core/field.ts'

const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const

const defaultDataDir = () =>
  join(process.env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'evalport')

const httpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })
  .refine((url) => !/^[^/]*\/\/[^/]*@/.test(url), 'must not hold a user name or a password')
  .transform((url) => url.replace(/\/+$/, ''))

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((n) => n >= min && n <= max, `must be a whole number from ${min} to ${max}`)

const mostDays = 36_500

/** `7`, or by class: `7,personal=1`. */
const fileDays = z
  .string()
  .default('7')
  .transform((text, context) => {
    const [first = '', ...others] = text.split(',').map((part) => part.trim())
    const days: Record<string, number> = Object.fromEntries(
      sensitivities.map((each) => [each, Number(first)]),
    )
    for (const other of others) {
      const [name = '', count = ''] = other.split('=')
      days[name] = /^\d+$/.test(count) ? Number(count) : Number.NaN
    }
    const isRight =
      /^\d+$/.test(first) &&
      Object.keys(days).length === sensitivities.length &&
      Object.values(days).every((count) => count >= 1 && count <= mostDays)
    if (!isRight) {
      context.addIssue({
        code: 'custom',
        message: `must be days from 1 to ${mostDays}, and may name classes (${sensitivities.join(', ')}): 7 or 7,personal=1`,
      })
    }
    return days as Record<Sensitivity, number>
  })

/** Every setting, by the name of its environment variable. An empty variable counts as unset. */
const environment = z.object({
  EVALPORT_DATA_DIR: z
    .string()
    .optional()
    .transform((dir) => resolve(dir ?? defaultDataDir())),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }).optional(),
  EVALPORT_HOST: z.string().default('127.0.0.1'),
  EVALPORT_PORT: wholeNumber(0, 65535).default(4600),
  EVALPORT_PUBLIC_URL: httpUrl.optional(),
  EVALPORT_URL: httpUrl.optional(),
  EVALPORT_API_KEY: z
    .string()
    .trim()
    .regex(/^[!-~]+$/, 'must be an API key or a token: ASCII without spaces')
    .optional(),
  EVALPORT_PROJECT: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be the name of a project: a-z, 0-9, _ and -')
    .optional(),
  EVALPORT_OIDC: z
    .string()
    .optional()
    .transform((path) => path && resolve(path)),
  EVALPORT_SIGNING_KEY: z.string().min(32, 'must have at least 32 characters').optional(),
  EVALPORT_MANIFEST_KEY: z.string().optional(),
  EVALPORT_PRICES: z
    .string()
    .optional()
    .transform((path) => path && resolve(path)),
  EVALPORT_PRIVACY_KEYS: z.string().optional(),
  EVALPORT_REDACTION_RULES: z
    .string()
    .optional()
    .transform((path) => path && resolve(path)),
  EVALPORT_LINK_MINUTES: wholeNumber(1, 1440).default(15),
  EVALPORT_WORKER_CONCURRENCY: wholeNumber(1, 16).default(2),
  EVALPORT_IDLE_SECONDS: wholeNumber(1, 3600).default(60),
  EVALPORT_EXPORTS_PER_CALLER: wholeNumber(1, 1000).default(3),
  EVALPORT_EXPORTS_PER_PROJECT: wholeNumber(1, 1000).default(12),
  EVALPORT_FILE_DAYS: fileDays,
  EVALPORT_EXPORT_HOURS: wholeNumber(1, 8760).default(72),
  EVALPORT_KEEP_REPLACED_DAYS: wholeNumber(0, 36_500).default(30),
  EVALPORT_LOG_LEVEL: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).default('info'),
  CI: z.string().optional(),
})

export interface Config {
  /** Holds the embedded database, artifacts and keys; private to its user. */
  readonly dataDir: string
  /** A real server's; undefined: the embedded one in the data folder. */
  readonly databaseUrl: string | undefined
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** What download links begin with, when clients reach the server by another name than its host and port. */
  readonly publicUrl: string | undefined
  /** Where the command line finds the server. */
  readonly serverUrl: string
  /** False when that is only the usual address. */
  readonly serverUrlIsSet: boolean
  /** What the command line calls it with, a key or a token; undefined: the admin key in the data folder. */
  readonly apiKey: string | undefined
  /** The project that the command line means, for those who bring a token and are members of several. */
  readonly project: string | undefined
  /** Lists the identity providers whose tokens are taken; undefined: none. */
  readonly oidcFile: string | undefined
  /** Signs download links; undefined: the one in the data folder. */
  readonly signingKey: string | undefined
  /** Signs manifests: an Ed25519 private key in PEM; undefined: the one in the data folder. */
  readonly manifestKey: string | undefined
  /** What pseudonyms and marks are made with, `version:secret,…`; undefined: those in the data folder. */
  readonly privacyKeys: string | undefined
  /** Own redaction rules, beside the built-in ones. */
  readonly redactionRulesFile: string | undefined
  readonly linkMinutes: number
  /** The price table for computed costs; undefined: the built-in one. */
  readonly pricesFile: string | undefined
  /** Exports that one worker runs at once. */
  readonly workerConcurrency: number
  /** A download whose reader takes nothing for so long is cut. */
  readonly idleSeconds: number
  /** How many exports of one caller run at once, over all workers; further ones wait. */
  readonly exportsPerCaller: number
  /** How many of one project. */
  readonly exportsPerProject: number
  /** How many days finished files are kept, by the class of what they hold. */
  readonly fileDays: Readonly<Record<Sensitivity, number>>
  /** An export that has not ended so long after it was asked for is given up, since its snapshot keeps old rows alive. */
  readonly exportHours: number
  /** How long versions of records that were replaced or deleted are kept beyond what exports need. */
  readonly keepReplacedDays: number
  readonly logLevel: (typeof logLevels)[number]
  /** Output goes to a log, whatever the terminal says. */
  readonly ci: boolean
}

export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length} problem${problems.length === 1 ? '' : 's'}:\n${problems.join('\n')}`,
    )
    this.name = 'ConfigError'
  }
}

/**
 * The only reader of the environment.
 * @throws ConfigError naming every variable that is wrong, and never a value, since some are secret
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const set = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = environment.safeParse(set)
  const unknown = Object.keys(set)
    .filter((name) => name.startsWith('EVALPORT_') && !Object.hasOwn(environment.shape, name))
    .map((name) => `  ${name}: no such setting`)
  const problems = (parsed.error?.issues ?? []).map((issue) => `  ${issue.path.join('.')}: ${issue.message}`)
  if (!parsed.success || unknown.length > 0) throw new ConfigError([...problems, ...unknown])
  const value = parsed.data
  return {
    dataDir: value.EVALPORT_DATA_DIR,
    databaseUrl: value.DATABASE_URL,
    host: value.EVALPORT_HOST,
    port: value.EVALPORT_PORT,
    publicUrl: value.EVALPORT_PUBLIC_URL,
    serverUrl: value.EVALPORT_URL ?? `http://${urlHost(value.EVALPORT_HOST)}:${value.EVALPORT_PORT}`,
    serverUrlIsSet: value.EVALPORT_URL !== undefined,
    apiKey: value.EVALPORT_API_KEY,
    project: value.EVALPORT_PROJECT,
    oidcFile: value.EVALPORT_OIDC,
    signingKey: value.EVALPORT_SIGNING_KEY,
    manifestKey: value.EVALPORT_MANIFEST_KEY,
    privacyKeys: value.EVALPORT_PRIVACY_KEYS,
    redactionRulesFile: value.EVALPORT_REDACTION_RULES,
    linkMinutes: value.EVALPORT_LINK_MINUTES,
    pricesFile: value.EVALPORT_PRICES,
    workerConcurrency: value.EVALPORT_WORKER_CONCURRENCY,
    idleSeconds: value.EVALPORT_IDLE_SECONDS,
    exportsPerCaller: value.EVALPORT_EXPORTS_PER_CALLER,
    exportsPerProject: value.EVALPORT_EXPORTS_PER_PROJECT,
    fileDays: value.EVALPORT_FILE_DAYS,
    exportHours: value.EVALPORT_EXPORT_HOURS,
    keepReplacedDays: value.EVALPORT_KEEP_REPLACED_DAYS,
    logLevel: value.EVALPORT_LOG_LEVEL,
    ci: value.CI !== undefined && value.CI !== 'false',
  }
}

/** The host as it stands in a URL; a server bound to every address is reached on this machine by loopback. */
export function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
