const shape = /^[a-z0-9][a-z0-9_-]{0,62}$/

/** Whether a project may be called so. */
export function isProjectName(text: string): boolean {
  return shape.test(text)
}
