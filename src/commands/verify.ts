import { Command } from 'commander'
import { expectedKey } from '../artifacts/verify/public-key.ts'
import { verifyExports, type VerifyReport } from '../artifacts/verify/verify.ts'
import { AppError } from '../core/errors.ts'
import type { CommandContext } from './command-context.ts'
import { formatBytes, formatCount } from './figures.ts'
import { printable } from './printable.ts'

interface Flags {
  readonly publicKey?: string
  readonly json?: boolean
}

export function verifyCommand({ terminal, interrupted }: CommandContext): Command {
  return new Command('verify')
    .description('check that an export is whole and is what was signed; takes no server')
    .argument('<path>', 'a folder, or a file of the export: the data, datapackage.json or SHA256SUMS')
    .option('--public-key <key>', 'who must have signed: a file with the public key, or a key id')
    .option('--json', 'print one JSON object')
    .action(async (path: string, flags: Flags) => {
      const expected = flags.publicKey === undefined ? undefined : await givenKey(flags.publicKey)
      const report = await verifyExports(path, expected, interrupted)
      terminal.out(flags.json ? `${JSON.stringify(report)}\n` : describe(report))
      if (report.whole) return
      const { length } = report.problems
      throw new AppError(
        'CHECKSUM_MISMATCH',
        `This export is not whole: ${length} problem${length === 1 ? '' : 's'}.`,
        { hint: 'Do not use it. Download it again; if it is still so, start the export again.' },
      )
    })
}

async function givenKey(given: string) {
  try {
    return await expectedKey(given)
  } catch (error) {
    throw new AppError('INVALID_INPUT', `--public-key: ${(error as Error).message}.`, {
      hint: 'Ask whoever runs the server for its public key.',
      cause: error,
    })
  }
}

function describe({ whole, signerChecked, exports, problems, notes }: VerifyReport): string {
  const lines: string[] = []
  for (const { data, rows, bytes, sha256, job, snapshotAt, keyId } of exports) {
    lines.push(
      `${whole ? '✓' : '·'} ${data}: ${formatCount(rows)} rows, ${formatBytes(bytes)}, sha256 ${sha256}`,
      `  ${job}, as of ${snapshotAt}, signed by ${keyId}${signerChecked && whole ? ', as expected' : ''}`,
    )
  }
  for (const { file, where, message, meaning } of problems) {
    lines.push(`✗ ${file}${where === undefined ? '' : `, ${where}`}: ${message}`, `  ${meaning}`)
  }
  for (const note of notes) lines.push(`  Note: ${note}`)
  return lines.map((line) => `${printable(line)}\n`).join('')
}
