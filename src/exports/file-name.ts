import { formatterById } from '../formatters/registry.ts'

/** E.g. `evaluation-results_2026-11-23T091500Z.csv`: no character that any file system minds. */
export function exportFileName(dataset: string, format: string, createdAt: string): string {
  const time = createdAt.replace(/\.\d+Z$/, 'Z').replaceAll(':', '')
  return `${dataset.replaceAll('_', '-')}_${time}.${formatterById(format).extension}`
}
