import {
  alphanumeric,
  base64,
  base64Url,
  digits,
  dotted,
  hex,
  lowerAlphanumeric,
  lowerHex,
  token68,
  upperAlphanumeric,
  word,
} from '../characters.ts'
import { isMixed } from '../randomness.ts'
import type { Rule } from '../rule.ts'
import { endsWord, sequenceRule, tokenRule } from '../shapes.ts'

const telegram: Rule = {
  id: 'telegram-bot-token',
  description: 'Telegram bot tokens',
  kind: 'secret',
  rank: 0,
  keywords: [':aa'],
  find: (scan, at) => {
    if (!scan.startsWith(':AA', at)) return
    const end = scan.run(base64Url, at + 1)
    const start = scan.runBefore(digits, at, 12)
    if (end - at >= 33 && at - start >= 8) scan.report(telegram, start, end)
  },
}

const mailchimp: Rule = {
  id: 'mailchimp-api-key',
  description: 'Mailchimp keys (32 hex digits and a data centre: -us5)',
  kind: 'secret',
  rank: 0,
  keywords: ['-us'],
  find: (scan, at) => {
    const start = scan.runBefore(lowerHex, at, 33)
    const end = scan.shortRun(digits, at + 3, 3)
    if (at - start === 32 && end > at + 3 && endsWord(scan, end)) scan.report(mailchimp, start, end)
  },
}

/** A secret path of a web hook: whoever knows it may post. */
function webhook(id: string, description: string, places: readonly string[], minimum: number): Rule {
  const rule: Rule = {
    id,
    description,
    kind: 'secret',
    rank: 0,
    keywords: places,
    find: (scan, at, keyword) => {
      const start = at + keyword.length
      let end = scan.run(base64Url, start)
      while (scan.code(end) === 47 /* / */ && scan.has(end + 1, base64Url)) end = scan.run(base64Url, end + 1)
      if (end - start >= minimum && isMixed(scan.text, start, end)) scan.report(rule, start, end)
    },
  }
  return rule
}

export const serviceRules: readonly Rule[] = [
  tokenRule({
    id: 'slack-token',
    description: 'Slack tokens (xoxb-, xoxp-, xapp-, …)',
    prefixes: [
      'xoxa-',
      'xoxb-',
      'xoxe-',
      'xoxe.xox',
      'xoxo-',
      'xoxp-',
      'xoxr-',
      'xoxs-',
      'xoxc-',
      'xoxd-',
      'xapp-',
    ],
    body: token68,
    min: 14,
    check: isMixed,
  }),
  webhook(
    'slack-webhook',
    'Slack web hooks and workflow triggers',
    ['hooks.slack.com/services/', 'hooks.slack.com/workflows/', 'hooks.slack.com/triggers/'],
    20,
  ),
  webhook(
    'discord-webhook',
    'Discord web hooks',
    ['discord.com/api/webhooks/', 'discordapp.com/api/webhooks/'],
    60,
  ),
  webhook('teams-webhook', 'Microsoft Teams web hooks', ['webhook.office.com/webhookb2/'], 60),
  tokenRule({
    id: 'stripe-key',
    description: 'Stripe secret and restricted keys, and secrets of web hooks (sk_live_, rk_live_, whsec_)',
    prefixes: ['sk_live_', 'sk_test_', 'sk_prod_', 'rk_live_', 'rk_test_', 'rk_prod_', 'whsec_'],
    body: base64,
    min: 16,
    check: isMixed,
  }),
  tokenRule({
    id: 'evalport-api-key',
    description: 'API keys of Evalport (evp_)',
    prefixes: ['evp_'],
    body: word,
    min: 48,
    check: (text, start, end) =>
      /^evp_[0-9A-Za-z]{8}_[0-9A-Za-z]{32}_[0-9A-Za-z]{6}/.test(text.slice(start, end)),
  }),
  sequenceRule({
    id: 'sendgrid-key',
    description: 'SendGrid keys (SG.)',
    prefixes: ['SG.'],
    parts: [[base64Url, 16, 32], '.', [base64Url, 32, Infinity]],
  }),
  tokenRule({
    id: 'twilio-key',
    description: 'Twilio API keys (SK and 32 hex digits)',
    prefixes: ['SK'],
    body: lowerHex,
    min: 32,
    max: 32,
    atWordStart: true,
    check: isMixed,
  }),
  tokenRule({
    id: 'mailgun-key',
    description: 'Mailgun keys (key- and 32 hex digits)',
    prefixes: ['key-'],
    body: lowerAlphanumeric,
    min: 32,
    max: 32,
    atWordStart: true,
    check: isMixed,
  }),
  mailchimp,
  tokenRule({
    id: 'brevo-key',
    description: 'Brevo keys (xkeysib-, xsmtpsib-)',
    prefixes: ['xkeysib-', 'xsmtpsib-'],
    body: base64Url,
    min: 60,
  }),
  telegram,
  tokenRule({
    id: 'linear-api-key',
    description: 'Linear keys (lin_api_, lin_oauth_)',
    prefixes: ['lin_api_', 'lin_oauth_'],
    body: alphanumeric,
    min: 32,
  }),
  tokenRule({
    id: 'notion-token',
    description: 'Notion tokens (ntn_, secret_)',
    prefixes: ['ntn_', 'secret_'],
    body: alphanumeric,
    min: 43,
    check: isMixed,
  }),
  tokenRule({
    id: 'figma-token',
    description: 'Figma tokens (figd_, figo_)',
    prefixes: ['figd_', 'figo_'],
    body: base64Url,
    min: 40,
  }),
  tokenRule({
    id: 'shopify-token',
    description: 'Shopify tokens (shpat_, shpca_, shppa_, shpss_)',
    prefixes: ['shpat_', 'shpca_', 'shppa_', 'shpss_'],
    body: hex,
    min: 32,
  }),
  sequenceRule({
    id: 'square-token',
    description: 'Square tokens (sq0atp-, sq0csp-, EAAAE…)',
    prefixes: ['sq0atp-', 'sq0csp-', 'sq0idp-', 'EAAAE'],
    atWordStart: true,
    parts: [[base64Url, 22, Infinity]],
    check: (scan, start, end) =>
      scan.startsWith('sq0', start) || (end - start >= 60 && isMixed(scan.text, start, end)),
  }),
  tokenRule({
    id: 'grafana-token',
    description: 'Grafana tokens (glsa_, glc_)',
    prefixes: ['glsa_', 'glc_'],
    body: token68,
    min: 32,
    check: isMixed,
  }),
  tokenRule({
    id: 'new-relic-key',
    description: 'New Relic keys (NRAK-, NRII-, NRJS-)',
    prefixes: ['NRAK-', 'NRII-', 'NRJS-'],
    body: base64Url,
    min: 19,
  }),
  tokenRule({
    id: 'sentry-token',
    description: 'Sentry tokens (sntrys_, sntryu_)',
    prefixes: ['sntrys_', 'sntryu_'],
    body: token68,
    min: 40,
  }),
  sequenceRule({
    id: 'postman-api-key',
    description: 'Postman keys (PMAK-)',
    prefixes: ['PMAK-'],
    parts: [[hex, 24, 24], '-', [hex, 34, Infinity]],
  }),
  tokenRule({
    id: 'airtable-token',
    description: 'Airtable tokens (pat….…)',
    prefixes: ['pat'],
    body: dotted,
    min: 79,
    max: 79,
    atWordStart: true,
    check: (text, start) => text.charCodeAt(start + 17) === 46,
  }),
  tokenRule({
    id: 'hubspot-token',
    description: 'HubSpot tokens (pat-na1-, pat-eu1-)',
    prefixes: ['pat-na', 'pat-eu'],
    body: base64Url,
    min: 36,
    check: isMixed,
  }),
  tokenRule({
    id: 'dropbox-token',
    description: 'Dropbox tokens (sl.)',
    prefixes: ['sl.'],
    body: base64Url,
    min: 120,
    atWordStart: true,
  }),
  tokenRule({
    id: 'dynatrace-token',
    description: 'Dynatrace tokens (dt0c01.)',
    prefixes: ['dt0c01.', 'dt0s01.', 'dt0s16.'],
    body: dotted,
    min: 80,
  }),
  tokenRule({
    id: '1password-token',
    description: '1Password service account tokens (ops_eyJ)',
    prefixes: ['ops_eyJ'],
    body: base64,
    min: 100,
  }),
  tokenRule({
    id: 'facebook-token',
    description: 'Facebook tokens (EAA…)',
    prefixes: ['EAAC', 'EAAG', 'EAAM'],
    body: alphanumeric,
    min: 90,
    atWordStart: true,
    check: isMixed,
  }),
  tokenRule({
    id: 'easypost-key',
    description: 'EasyPost keys (EZAK, EZTK)',
    prefixes: ['EZAK', 'EZTK'],
    body: alphanumeric,
    min: 54,
    atWordStart: true,
  }),
  tokenRule({
    id: 'flutterwave-key',
    description: 'Flutterwave secret keys (FLWSECK)',
    prefixes: ['FLWSECK'],
    body: base64Url,
    min: 13,
    check: isMixed,
  }),
  tokenRule({
    id: 'intra42-secret',
    description: '42 client secrets (s-s4t2ud-)',
    prefixes: ['s-s4t2ud-', 's-s4t2af-'],
    body: hex,
    min: 64,
  }),
  tokenRule({
    id: 'readme-key',
    description: 'ReadMe keys (rdme_)',
    prefixes: ['rdme_'],
    body: lowerAlphanumeric,
    min: 60,
  }),
  tokenRule({
    id: 'typeform-token',
    description: 'Typeform tokens (tfp_)',
    prefixes: ['tfp_'],
    body: dotted,
    min: 40,
    check: isMixed,
  }),
  tokenRule({
    id: 'posthog-key',
    description: 'PostHog personal keys (phx_)',
    prefixes: ['phx_'],
    body: alphanumeric,
    min: 40,
    check: isMixed,
  }),
  tokenRule({
    id: 'resend-key',
    description: 'Resend keys (re_)',
    prefixes: ['re_'],
    body: word,
    min: 30,
    max: 40,
    atWordStart: true,
    check: (text, start, end) =>
      /^re_[0-9A-Za-z]{8}_[0-9A-Za-z]{20,}$/.test(text.slice(start, end)) && isMixed(text, start, end),
  }),
  sequenceRule({
    id: 'contentful-token',
    description: 'Contentful management tokens (CFPAT-)',
    prefixes: ['CFPAT-'],
    parts: [[base64Url, 40, Infinity]],
  }),
  sequenceRule({
    id: 'prefect-key',
    description: 'Prefect keys (pnu_, pnb_)',
    prefixes: ['pnu_', 'pnb_'],
    parts: [[alphanumeric, 36, Infinity]],
  }),
  sequenceRule({
    id: '1password-secret-key',
    description: '1Password secret keys (A3-)',
    prefixes: ['A3-'],
    atWordStart: true,
    parts: [
      [upperAlphanumeric, 6, 6],
      '-',
      [upperAlphanumeric, 6, 11],
      '-',
      [upperAlphanumeric, 5, 5],
      '-',
      [upperAlphanumeric, 5, 5],
      '-',
      [upperAlphanumeric, 5, 5],
    ],
  }),
  tokenRule({
    id: 'octopus-key',
    description: 'Octopus Deploy keys (API-)',
    prefixes: ['API-'],
    body: upperAlphanumeric,
    min: 26,
    max: 32,
    atWordStart: true,
    check: isMixed,
  }),
]
