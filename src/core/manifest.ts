import { z } from 'zod'
import { countKinds } from './counts.ts'
import { directions, exportSpecSchema } from './export-spec.ts'
import { fieldTypes } from './field.ts'
import { conditionSchema } from './filter.ts'
import { personalDataModes, privacyModes, pseudonymScopes } from './privacy.ts'

/** The manifest of an export, its sums, and the version of our block in the manifest. */
export const manifestFileName = 'datapackage.json'
export const sumsFileName = 'SHA256SUMS'
export const manifestVersion = 1

export const dataPackageProfile = 'https://datapackage.org/profiles/2.0/datapackage.json'

const count = z.int().min(0)
const instant = z
  .string()
  .regex(/^\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/, 'must be a UTC time with six decimals')
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits in lower case')
const wholeNumber = z.string().regex(/^(0|-?[1-9]\d*)$/, 'must be a whole number in a string')

/** One spelling only: other base64 decodes to the same bytes. */
const base64 = (bytes: number) =>
  z.string().refine((text) => {
    const decoded = Buffer.from(text, 'base64')
    return decoded.length === bytes && decoded.toString('base64') === text
  }, `must be ${bytes} bytes in base64`)

/** A name within the manifest's own folder: a manifest can point to no other file. */
const fileName = z
  .string()
  .max(255)
  // oxlint-disable-next-line no-control-regex -- control characters are what it refuses
  .regex(/^[^./~\\:\0-\x1f][^/\\:\0-\x1f]*$/, 'must be the name of a file in the same folder')

/** How a table is written, in the words of Table Dialect. */
export const dialectSchema = z.strictObject({
  header: z.boolean().optional(),
  delimiter: z.string().optional(),
  lineTerminator: z.string().optional(),
  quoteChar: z.string().optional(),
  doubleQuote: z.boolean().optional(),
  nullSequence: z.string().optional(),
  itemType: z.enum(['array', 'object']).optional(),
})
export type TableDialect = z.infer<typeof dialectSchema>

const tableField = z.strictObject({
  name: z.string(),
  type: z.enum(['string', 'integer', 'number', 'boolean', 'datetime', 'any']),
  format: z.string().optional(),
  description: z.string(),
})
export type TableField = z.infer<typeof tableField>

const resource = z.strictObject({
  name: z.string().regex(/^[a-z0-9._-]+$/),
  path: fileName,
  type: z.literal('table').optional(),
  format: z.string(),
  mediatype: z.string(),
  encoding: z.literal('utf-8'),
  bytes: count,
  hash: z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hex digits in lower case'),
  dialect: dialectSchema.optional(),
  schema: z.strictObject({
    fields: z.array(tableField).min(1),
    missingValues: z.array(z.string()),
    primaryKey: z.array(z.string()).optional(),
  }),
})

/** A piece of the file: its bytes can be fetched and checked by themselves. */
const part = z.strictObject({ rows: count, bytes: count, offset: count, sha256 })
export type ManifestPart = z.infer<typeof part>

const column = z.strictObject({
  field: z.string(),
  header: z.string(),
  type: z.enum(fieldTypes),
  privacy: z.enum(privacyModes),
})

/** Over the numbers of all records, as whole numbers in strings; first and last in file order, null without records. */
const keys = z.strictObject({
  count: wholeNumber,
  sum: wholeNumber,
  xor: wholeNumber,
  first: z.string().nullable(),
  last: z.string().nullable(),
})
export type ManifestKeys = z.infer<typeof keys>

const warning = z.strictObject({ code: z.string(), message: z.string() })
export type ManifestWarning = z.infer<typeof warning>

/** All of the signature but its value is signed too. */
const signature = z.strictObject({
  algorithm: z.literal('Ed25519'),
  /** The first 16 hex digits of the public key's SHA-256. */
  keyId: z.string().regex(/^[0-9a-f]{16}$/, 'must be 16 hex digits in lower case'),
  publicKey: base64(32),
  value: base64(64),
})

/** What Data Package has no word for. */
const exportFacts = z.strictObject({
  manifestVersion: z.literal(manifestVersion),
  serverVersion: z.string(),
  job: z.strictObject({ id: z.string(), createdAt: instant, startedAt: instant, finishedAt: instant }),
  project: z.string(),
  /** As it was asked, but without the words of its reason. */
  spec: exportSpecSchema.omit({ reason: true }),
  reasonGiven: z.boolean(),
  dataset: z.string(),
  filter: z.array(conditionSchema),
  order: z.strictObject({ by: z.array(z.string()), direction: z.enum(directions) }),
  columns: z.array(column).min(1),
  snapshot: z.strictObject({ text: z.string(), at: instant }),
  rows: count,
  keys,
  parts: z.array(part),
  changes: z.array(z.strictObject({ kind: z.enum(countKinds), column: z.string(), count: count.min(1) })),
  redactions: z.strictObject({
    rules: z.string(),
    counts: z.array(z.strictObject({ rule: z.string(), column: z.string(), count: count.min(1) })),
  }),
  privacy: z.strictObject({
    personalData: z.enum(personalDataModes),
    pseudonymScope: z.enum(pseudonymScopes),
    keyVersion: count,
  }),
  encoder: z.strictObject({
    format: z.string(),
    version: z.string(),
    options: z.record(z.string(), z.unknown()),
  }),
  warnings: z.array(warning),
  signature,
})

/**
 * `datapackage.json`: a Data Package v2 of one resource, with our own block under `evalport`. Its numbers are safe
 * integers; others, such as a filter's 0.5, are strings, so that every JSON library reads and writes the same.
 */
export const manifestSchema = z.strictObject({
  $schema: z.literal(dataPackageProfile),
  name: z.string().regex(/^[a-z0-9._-]+$/),
  created: instant,
  resources: z.tuple([resource]),
  evalport: exportFacts,
})
export type Manifest = z.infer<typeof manifestSchema>

/** Before it is signed. */
export type UnsignedManifest = Omit<Manifest, 'evalport'> & {
  readonly evalport: Omit<Manifest['evalport'], 'signature'>
}
