import { base64, entraSecret, token68 } from '../characters.ts'
import { isMixed } from '../randomness.ts'
import type { Rule } from '../rule.ts'
import { startsWord, withoutDots } from '../shapes.ts'

const azureClientSecret: Rule = {
  id: 'azure-client-secret',
  description: 'Client secrets of Microsoft Entra (…8Q~…)',
  kind: 'secret',
  rank: 0,
  keywords: ['q~'],
  find: (scan, at) => {
    const start = scan.runBefore(entraSecret, at, 4)
    const end = withoutDots(scan, at, scan.run(entraSecret, at))
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

export const azureRules: readonly Rule[] = [azureClientSecret, sasSignature, accountKey]
