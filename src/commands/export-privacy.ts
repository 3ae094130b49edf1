import type { Problem } from '../core/errors.ts'
import { personalDataModes, privacyModes, pseudonymScopes } from '../core/privacy.ts'
import type { DatasetInfo, ExportFlags } from './export-request.ts'
import { unknownIn } from './unknown-in.ts'

/** What `--privacy FIELD=MODE` says, as `startExport` takes it. */
export function chosenModes(
  dataset: DatasetInfo,
  pairs: readonly string[],
  problems: Problem[],
): readonly { field: string; mode: string }[] {
  return pairs.flatMap((pair) => {
    const [, name, mode] = /^([^=]*)=(.*)$/.exec(pair) ?? []
    if (name === undefined || mode === undefined) {
      problems.push({
        message: `${JSON.stringify(pair)} is no field and mode in --privacy.`,
        path: ['--privacy'],
        suggestion: `Write field=mode, the mode one of ${privacyModes.join(', ')}.`,
      })
      return []
    }
    const field = dataset.fields.find((each) => each.name === name)
    if (!field) {
      const known = dataset.fields.map((each) => each.name)
      problems.push(unknownIn('--privacy', 'field', name, known))
    }
    const knownMode = oneOf('--privacy', 'mode', mode, privacyModes, problems)
    return field && knownMode ? [{ field: field.enumValue, mode: knownMode }] : []
  })
}

/** What the other flags say of privacy, as `startExport` takes it. */
export function privacyOf(flags: ExportFlags, problems: Problem[]): object {
  const { personalData, pseudonymScope, reason } = flags
  return {
    ...(personalData !== undefined && {
      personalData: oneOf('--personal-data', 'mode', personalData, personalDataModes, problems),
    }),
    ...(pseudonymScope !== undefined && {
      pseudonymScope: oneOf('--pseudonym-scope', 'scope', pseudonymScope, pseudonymScopes, problems),
    }),
    ...(reason !== undefined && { reason }),
  }
}

/** As GraphQL spells it. */
function oneOf(
  flag: string,
  kind: string,
  written: string,
  known: readonly string[],
  problems: Problem[],
): string | undefined {
  if (known.includes(written)) return written.toUpperCase()
  problems.push(unknownIn(flag, kind, written, known))
  return undefined
}
