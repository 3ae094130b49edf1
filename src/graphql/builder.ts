import SchemaBuilder from '@pothos/core'
import RelayPlugin from '@pothos/plugin-relay'
import { GraphQLError } from 'graphql'
import type { GraphQLContext } from './context.ts'

export interface SchemaTypes {
  Context: GraphQLContext
  DefaultFieldNullability: false
  Scalars: {
    DateTime: { Input: string; Output: string }
    Decimal: { Input: string; Output: string }
    SafeInt: { Input: number; Output: number | bigint | string }
    JSON: { Input: unknown; Output: unknown }
  }
}

export const builder = new SchemaBuilder<SchemaTypes>({
  defaultFieldNullability: false,
  plugins: [RelayPlugin],
  relay: {
    cursorType: 'String',
    clientMutationId: 'omit',
    nodesOnConnection: { description: 'The items alone.' },
    pageInfoTypeOptions: { description: 'Where a page stands among the others.' },
    hasNextPageFieldOptions: { description: 'Whether more follow.' },
    hasPreviousPageFieldOptions: { description: 'Whether more precede.' },
    startCursorFieldOptions: { description: 'The cursor of the first.' },
    endCursorFieldOptions: { description: 'The cursor of the last.' },
    firstArgOptions: { description: 'So many from the beginning, at most 500.' },
    lastArgOptions: { description: 'So many from the end, at most 500.' },
    afterArgOptions: { description: 'Only what comes after this cursor.' },
    beforeArgOptions: { description: 'Only what comes before this cursor.' },
    cursorFieldOptions: { description: 'Its cursor.' },
    nodeFieldOptions: { description: 'The item.' },
    edgesFieldOptions: { description: 'The items with their cursors.' },
    pageInfoFieldOptions: { description: 'Where this page stands.' },
  },
})

builder.queryType({ description: 'Reads; nothing here changes anything.' })
builder.mutationType({ description: 'Writes.' })
builder.subscriptionType({ description: 'News, over graphql-ws or server-sent events.' })

builder.scalarType('DateTime', {
  description: 'An instant: RFC 3339, in UTC with six decimals on output, e.g. 2026-05-24T13:46:19.963000Z.',
  serialize: (value) => value,
  parseValue: (value) => scalarText('DateTime', value),
})
builder.scalarType('Decimal', {
  description: 'An exact decimal number, as text, e.g. "0.000343".',
  serialize: (value) => value,
  parseValue: (value) => (typeof value === 'number' ? String(value) : scalarText('Decimal', value)),
})
builder.scalarType('SafeInt', {
  description: 'A whole number up to 2^53-1, which JSON readers hold exactly.',
  serialize: (value) => safeInt(Number(value), value),
  parseValue: (value) => safeInt(typeof value === 'number' ? value : Number.NaN, value),
})
builder.scalarType('JSON', {
  description: 'Any JSON value.',
  serialize: (value) => value,
  parseValue: (value) => value,
})

function scalarText(scalar: string, value: unknown): string {
  if (typeof value === 'string') return value
  // Without the value: it may be as large as a request.
  throw new GraphQLError(`${scalar} takes text, not ${value === null ? 'null' : typeof value}.`)
}

function safeInt(number: number, written: unknown): number {
  if (Number.isSafeInteger(number)) return number
  throw new GraphQLError(`SafeInt cannot hold ${String(written)}.`)
}
