import { base64Url, digits, lowerAlphanumeric, lowerHex, token68 } from '../characters.ts'
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
      while ((scan.code(end) === 47 /* / */ || scan.code(end) === 64) /* @ */ && scan.has(end + 1, base64Url))
        end = scan.run(base64Url, end + 1)
      if (end - start >= minimum && isMixed(scan.text, start, end)) scan.report(rule, start, end)
    },
  }
  return rule
}

export const messagingRules: readonly Rule[] = [
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
]
