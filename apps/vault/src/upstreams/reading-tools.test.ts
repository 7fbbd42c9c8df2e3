import { ToolDefinition } from '@sallyport/contracts'
import { expect, test } from 'vitest'
import { readingToolNames, readingToolsOf } from './reading-tools.ts'

const serverId = `ups_${'0'.repeat(26)}`

test('A server that says it has resources gets the three tools of resources, and no more', () => {
  const tools = readingToolsOf(serverId, { tools: {}, resources: { subscribe: true } })
  expect(tools.map(({ name }) => name)).toEqual([
    'list_resources',
    'list_resource_templates',
    'read_resource',
  ])
})

test('A server that says it has nothing but tools gets none', () => {
  expect(readingToolsOf(serverId, { tools: { listChanged: true } })).toEqual([])
  expect(readingToolsOf(serverId, { resources: true, prompts: null })).toEqual([])
})

test('Each is a whole definition that reads and is bound to the server and its method', () => {
  const tools = readingToolsOf(serverId, { resources: {}, prompts: {} })
  expect(tools.map(({ name }) => name)).toEqual(readingToolNames)
  for (const tool of tools) {
    expect(ToolDefinition.parse(tool)).toEqual(tool)
    expect(tool.annotations.readOnlyHint).toBe(true)
    expect(tool.binding).toEqual({ kind: 'mcp', serverId, method: tool.key, tool: tool.key })
  }
})
