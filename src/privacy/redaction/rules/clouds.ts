import {
  alphanumeric,
  base64,
  base64Url,
  dotted,
  hex,
  isIn,
  lowerHex,
  token68,
  upperAlphanumeric,
  word,
} from '../characters.ts'
import { compositionOf, hasEntropy, isMixed } from '../randomness.ts'
import type { Rule } from '../rule.ts'
import type { Scan } from '../scan.ts'
import { endsWord, sequence, sequenceRule, startsWord, tokenRule } from '../shapes.ts'

const awsSecret: Rule = {
  id: 'aws-secret-key',
  description:
    'AWS secret keys beside the id they belong to; elsewhere they are found by the name they are given to',
  kind: 'secret',
  rank: 0,
  keywords: [],
  find: () => {},
}

/** How far from its id a secret key is looked for. */
const nearby = 256

const awsId: Rule = {
  id: 'aws-access-key-id',
  description: 'AWS access key ids (AKIA, ASIA, …)',
  kind: 'secret',
  rank: 0,
  keywords: ['akia', 'asia', 'abia', 'acca', 'aroa', 'aida'],
  find: (scan, at) => {
    if (!scan.has(at, upperAlphanumeric) || !startsWord(scan, at)) return
    const end = scan.run(upperAlphanumeric, at)
    if (end - at !== 20 || !endsWord(scan, end) || !isMixed(scan.text, at, end)) return
    scan.report(awsId, at, end)
    bareSecrets(scan, Math.max(scan.from, at - nearby), Math.min(scan.to, end + nearby))
  },
}

function bareSecrets(scan: Scan, from: number, to: number): void {
  scan.allowance.left -= to - from
  for (let at = from; at < to; at++) {
    if (!scan.has(at, base64)) continue
    const end = scan.shortRun(base64, at, 48)
    // `=` is the sign before the value, never part of it.
    const start = scan.text.lastIndexOf('=', end - 1) >= at ? scan.text.lastIndexOf('=', end - 1) + 1 : at
    if (end - start === 40 && !scan.has(start - 1, word)) {
      const { lowers, uppers, digits } = compositionOf(scan.text, start, end)
      if (lowers > 3 && uppers > 3 && digits > 0 && hasEntropy(scan.text, start, end, 4))
        scan.report(awsSecret, start, end)
    }
    at = end
  }
}

const azureClientSecret: Rule = {
  id: 'azure-client-secret',
  description: 'Client secrets of Microsoft Entra (…8Q~…)',
  kind: 'secret',
  rank: 0,
  keywords: ['q~'],
  find: (scan, at) => {
    const start = scan.runBefore(token68, at, 4)
    const end = scan.run(token68, at)
    if (
      at - start === 4 &&
      end - start >= 37 &&
      end - start <= 44 &&
      /\dQ~/.test(scan.text.slice(at - 1, at + 2))
    )
      scan.report(azureClientSecret, start, end)
  },
}

const sasSignature: Rule = {
  id: 'azure-sas-signature',
  description: 'Signatures of Azure shared access links (sig=), also of Logic Apps and Service Bus',
  kind: 'secret',
  rank: 0,
  keywords: ['sig='],
  find: (scan, at) => {
    const start = at + 4
    const end = scan.run(token68, start)
    if (end - start >= 40 && startsWord(scan, at) && isMixed(scan.text, start, end))
      scan.report(sasSignature, start, end)
  },
}

const accountKey: Rule = {
  id: 'azure-account-key',
  description: 'Azure storage, Service Bus, Cosmos DB and IoT keys in connection strings',
  kind: 'secret',
  rank: 0,
  keywords: ['accountkey=', 'sharedaccesskey=', 'accesskey='],
  find: (scan, at, keyword) => {
    const start = at + keyword.length
    const end = scan.run(base64, start)
    if (end - start >= 40) scan.report(accountKey, start, end)
  },
}

const digitalOcean: readonly string[] = ['dop_v1_', 'doo_v1_', 'dor_v1_']

const terraform: Rule = {
  id: 'terraform-token',
  description: 'Tokens of HCP Terraform (….atlasv1.…)',
  kind: 'secret',
  rank: 0,
  keywords: ['.atlasv1.'],
  find: (scan, at, keyword) => {
    const start = scan.runBefore(alphanumeric, at, 24)
    const end = sequence(scan, at + keyword.length, [[base64Url, 40, Infinity]])
    if (at - start >= 10 && end > 0) scan.report(terraform, start, end)
  },
}

/** Cloudflare's keys have no prefix that tells them; these names do. */
const cloudflareOrigin = sequenceRule({
  id: 'cloudflare-origin-key',
  description: 'Cloudflare origin CA keys',
  prefixes: ['v1.0-'],
  parts: [[lowerHex, 24, 24], '-', [lowerHex, 140, Infinity]],
})

export const cloudRules: readonly Rule[] = [
  awsId,
  awsSecret,
  sequenceRule({
    id: 'aws-bedrock-key',
    description: 'Bedrock API keys (ABSK…, bedrock-api-key-…)',
    prefixes: ['ABSK', 'bedrock-api-key-'],
    parts: [[base64, 60, Infinity]],
    check: (scan, start, end) => isMixed(scan.text, start, end),
  }),
  azureClientSecret,
  sasSignature,
  accountKey,
  tokenRule({
    id: 'digitalocean-token',
    description: 'DigitalOcean tokens (dop_v1_, doo_v1_, dor_v1_)',
    prefixes: digitalOcean,
    body: hex,
    min: 60,
  }),
  tokenRule({
    id: 'alibaba-access-key-id',
    description: 'Alibaba Cloud access key ids (LTAI)',
    prefixes: ['LTAI'],
    body: alphanumeric,
    min: 16,
    max: 28,
    atWordStart: true,
    check: isMixed,
  }),
  tokenRule({
    id: 'vault-token',
    description: 'HashiCorp Vault tokens (hvs., hvb., hvr.)',
    prefixes: ['hvs.', 'hvb.', 'hvr.'],
    body: base64Url,
    min: 24,
  }),
  terraform,
  tokenRule({
    id: 'databricks-token',
    description: 'Databricks tokens (dapi, dose)',
    prefixes: ['dapi', 'dose'],
    body: lowerHex,
    min: 32,
    max: 32,
    check: isMixed,
  }),
  tokenRule({
    id: 'doppler-token',
    description: 'Doppler tokens (dp.pt., dp.st., …)',
    prefixes: ['dp.pt.', 'dp.st.', 'dp.ct.', 'dp.sa.', 'dp.scim.', 'dp.audit.'],
    body: dotted,
    min: 40,
  }),
  tokenRule({
    id: 'pulumi-token',
    description: 'Pulumi tokens (pul-)',
    prefixes: ['pul-'],
    body: lowerHex,
    min: 40,
  }),
  tokenRule({
    id: 'fly-token',
    description: 'Fly.io tokens (FlyV1 fm2_…, fo1_…)',
    prefixes: ['fm1_', 'fm2_', 'fm1r_', 'fm1a_', 'fo1_'],
    body: token68,
    min: 40,
    check: (text, start, end) => isIn(text.charCodeAt(start), word) && isMixed(text, start + 4, end),
  }),
  cloudflareOrigin,
  tokenRule({
    id: 'heroku-token',
    description: 'Heroku tokens (HRKU-)',
    prefixes: ['HRKU-'],
    body: base64Url,
    min: 36,
  }),
  tokenRule({
    id: 'planetscale-token',
    description: 'PlanetScale passwords and tokens (pscale_pw_, pscale_tkn_, pscale_oauth_)',
    prefixes: ['pscale_pw_', 'pscale_tkn_', 'pscale_oauth_'],
    body: dotted,
    min: 32,
  }),
  tokenRule({
    id: 'supabase-token',
    description: 'Supabase tokens and secret keys (sbp_, sb_secret_)',
    prefixes: ['sbp_', 'sb_secret_'],
    body: base64Url,
    min: 20,
    check: isMixed,
  }),
  tokenRule({
    id: 'neon-api-key',
    description: 'Neon and Render keys (napi_, rnd_)',
    prefixes: ['napi_', 'rnd_'],
    body: alphanumeric,
    min: 28,
    atWordStart: true,
    check: isMixed,
  }),
  tokenRule({
    id: 'tailscale-key',
    description: 'Tailscale keys (tskey-)',
    prefixes: ['tskey-'],
    body: base64Url,
    min: 20,
    check: isMixed,
  }),
  tokenRule({
    id: 'age-secret-key',
    description: 'age keys (AGE-SECRET-KEY-1)',
    prefixes: ['AGE-SECRET-KEY-1'],
    body: upperAlphanumeric,
    min: 40,
  }),
  tokenRule({
    id: 'scaleway-access-key',
    description: 'Scaleway access keys (SCW)',
    prefixes: ['SCW'],
    body: upperAlphanumeric,
    min: 17,
    max: 17,
    atWordStart: true,
    check: isMixed,
  }),
]
