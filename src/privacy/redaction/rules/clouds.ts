import {
  alphanumeric,
  base64Url,
  dotted,
  hex,
  isIn,
  lowerHex,
  token68,
  upperAlphanumeric,
  word,
} from '../characters.ts'
import { isMixed } from '../randomness.ts'
import type { Rule } from '../rule.ts'
import { sequence, sequenceRule, tokenRule } from '../shapes.ts'

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
