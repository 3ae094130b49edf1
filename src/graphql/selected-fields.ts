import {
  getDirectiveValues,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  type FieldNode,
  type GraphQLResolveInfo,
  type SelectionNode,
} from 'graphql'

/** One field that a client asked for, and where it asked. */
export interface SelectedField {
  readonly name: string
  readonly node: FieldNode
}

/**
 * The fields that a client asked for below the one being resolved, along the given paths: fragments followed, `@skip`
 * and `@include` honoured, each name once.
 * @param paths e.g. `[['nodes'], ['edges', 'node']]`
 */
export function selectedFields(
  info: GraphQLResolveInfo,
  paths: readonly (readonly string[])[],
): readonly SelectedField[] {
  const found = new Map<string, SelectedField>()
  for (const path of paths) {
    for (const node of descend(info, info.fieldNodes, path)) {
      const name = node.name.value
      if (!name.startsWith('__') && !found.has(name)) found.set(name, { name, node })
    }
  }
  return [...found.values()]
}

function descend(
  info: GraphQLResolveInfo,
  nodes: readonly FieldNode[],
  path: readonly string[],
): readonly FieldNode[] {
  // Each fragment is followed once, or a few that spread each other twice would take for ever.
  const followed = new Set<string>()
  const children = nodes.flatMap((node) => fieldsOf(info, node.selectionSet?.selections ?? [], followed))
  const [name, ...rest] = path
  return name === undefined
    ? children
    : descend(
        info,
        children.filter((child) => child.name.value === name),
        rest,
      )
}

function fieldsOf(
  info: GraphQLResolveInfo,
  selections: readonly SelectionNode[],
  followed: Set<string>,
): readonly FieldNode[] {
  return selections.flatMap((selection) => {
    const skipped = getDirectiveValues(GraphQLSkipDirective, selection, info.variableValues)?.['if'] === true
    const left = getDirectiveValues(GraphQLIncludeDirective, selection, info.variableValues)?.['if'] === false
    if (skipped || left) return []
    if (selection.kind === 'Field') return [selection]
    if (selection.kind === 'InlineFragment')
      return fieldsOf(info, selection.selectionSet.selections, followed)
    const name = selection.name.value
    if (followed.has(name)) return []
    followed.add(name)
    return fieldsOf(info, info.fragments[name]!.selectionSet.selections, followed)
  })
}
