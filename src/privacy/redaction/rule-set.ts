import { createHash } from 'node:crypto'
import { compile, type CompiledRules } from './compiled-rules.ts'
import { discordBotToken } from './long-runs.ts'
import { readOwnRules } from './own-rules.ts'
import { ipAddress } from './personal/addresses.ts'
import { mailAddress } from './personal/mail.ts'
import { cardNumber, iban, socialSecurityNumber } from './personal/numbers.ts'
import { phoneNumber } from './personal/phones.ts'
import { budgetRule, markerRule } from './markers.ts'
import { createRedactor } from './redactor.ts'
import type { Rule } from './rule.ts'
import { assignment } from './rules/assignments.ts'
import { awsRules } from './rules/aws.ts'
import { azureRules } from './rules/azure.ts'
import { cloudRules } from './rules/clouds.ts'
import { codeHostRules } from './rules/code-hosts.ts'
import { authorization, cookieHeader } from './rules/headers.ts'
import { googleRules } from './rules/google.ts'
import { messagingRules } from './rules/messaging.ts'
import { modelProviderRules } from './rules/model-providers.ts'
import { openaiRules } from './rules/openai.ts'
import { privateKey } from './rules/private-keys.ts'
import { serviceRules } from './rules/services.ts'
import { urlCredentials } from './rules/urls.ts'
import { basic, bearer, jwt } from './rules/web-tokens.ts'
import { namedValue } from './scan-json.ts'

/** Rules that go together, with a version that names them. */
export interface RuleSet {
  readonly version: string
  readonly rules: readonly Rule[]
  /** Made at the first call, and once. */
  readonly compiled: () => CompiledRules
}

/** Version of the built-in rules; raised whenever they find more, less, or other names for it. */
export const ruleSetVersion = '1'

const builtIn: readonly Rule[] = [
  ...openaiRules,
  ...modelProviderRules,
  ...googleRules,
  ...awsRules,
  ...azureRules,
  ...cloudRules,
  ...codeHostRules,
  ...messagingRules,
  ...serviceRules,
  discordBotToken,
  privateKey,
  jwt,
  bearer,
  basic,
  authorization,
  cookieHeader,
  urlCredentials,
  namedValue,
  assignment,
  mailAddress,
  phoneNumber,
  cardNumber,
  iban,
  socialSecurityNumber,
  ipAddress,
]

export function ruleSetOf(version: string, rules: readonly Rule[]): RuleSet {
  let compiled: CompiledRules | undefined
  return { version, rules, compiled: () => (compiled ??= compile(rules)) }
}

export const builtInRules: RuleSet = ruleSetOf(ruleSetVersion, builtIn)

/** What documentation and tests say of the built-in rules. */
export const ruleDescriptions = builtIn.map(({ id, description, kind }) => ({ id, description, kind }))

/**
 * The built-in rules and those of a configured file, whose tests are run.
 * @param ownRules the file's parsed JSON
 * @throws Error naming every problem of the file at once, by rule and place
 */
export function ruleSetWith(ownRules: unknown): RuleSet {
  const { rules, problems } = readOwnRules(
    ownRules,
    new Set([...builtIn.map(({ id }) => id), budgetRule, markerRule]),
  )
  const own = rules.map(({ rule }) => rule)
  for (const { rule, tests } of rules) {
    // Alone, so that another rule cannot hide what this one does.
    const redactor = createRedactor(ruleSetOf('', [rule]), { mark: () => '0000', personalData: false })
    const finds = (text: string) => redactor.text(text, () => {}) !== text
    for (const text of tests.found)
      if (!finds(text))
        problems.push(
          `${rule.id}: finds nothing in ${JSON.stringify(text)} of tests.found; mend its keywords, its pattern or the test.`,
        )
    for (const text of tests.clean)
      if (finds(text))
        problems.push(
          `${rule.id}: finds something in ${JSON.stringify(text)} of tests.clean; make its pattern stricter, or mend the test.`,
        )
  }
  if (problems.length > 0)
    throw new Error(`The redaction rules cannot be used:\n${problems.map((each) => `- ${each}`).join('\n')}`)
  const suffix = createHash('sha256').update(JSON.stringify(ownRules)).digest('hex').slice(0, 8)
  return ruleSetOf(`${ruleSetVersion}+${suffix}`, [...builtIn, ...own])
}
