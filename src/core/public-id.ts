import { isUuid } from './uuid.ts'

/** The public form of an export job's id: `exp_` and its UUID. */
export function exportJobId(uuid: string): string {
  return `exp_${uuid}`
}

/** The UUID inside a public export job id, or undefined if it is none. A bare UUID is taken too. */
export function parseExportJobId(id: string): string | undefined {
  const uuid = (id.startsWith('exp_') ? id.slice(4) : id).toLowerCase()
  return isUuid(uuid) ? uuid : undefined
}
