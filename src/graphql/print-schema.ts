import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { printedSchema } from './schema.ts'

// Run by `npm run schema`, never imported: a test compares the file with the code.
writeFileSync(fileURLToPath(new URL('../../schema.graphql', import.meta.url)), printedSchema())
