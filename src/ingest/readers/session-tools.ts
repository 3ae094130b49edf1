import type { ToolCallFields } from '../records/tool-call.ts'

/** What a tool's name says: `mcp__nano-agent__prompt_nano_agent` is a tool of the MCP server `nano-agent`. */
export function toolOf(name: string): Pick<ToolCallFields, 'toolName' | 'toolType' | 'mcpServer'> {
  const server = /^mcp__(.+?)__./.exec(name)?.[1]
  if (server === undefined) return { toolName: name, toolType: 'function' }
  return { toolName: name, toolType: 'extension', mcpServer: server }
}
