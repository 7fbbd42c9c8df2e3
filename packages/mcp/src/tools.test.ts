import { readFileSync } from 'node:fs'
import {
  listedToolsMax as contractListedToolsMax,
  type OperationId,
  operations,
  waitSecondsMax,
} from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { consumerInstructions, instructions } from './instructions.ts'
import { listedToolsMax, longestWaitSeconds } from './limits.ts'
import { type ToolName, tools } from './tools.ts'
import { version } from './version.ts'

const operationOf: Record<ToolName, OperationId> = {
  execute: 'execute',
  list_connections: 'listMyConnections',
  revoke: 'revokeConnection',
  list_services: 'listServices',
  get_my_capabilities: 'getMyCapabilities',
  request_capability: 'requestCapability',
  list_approvals: 'listMyApprovals',
}
/** What this program does by itself and the vault does not know. */
const local = ['select', 'maxBytes']

const inputOf = (name: ToolName) =>
  z.toJSONSchema(operations[operationOf[name]].input, { io: 'input', unrepresentable: 'any' })

describe.each(tools.map((tool) => [tool.name, tool] as const))('%s', (name, tool) => {
  it('asks for nothing that its operation does not take, and for all that it demands', () => {
    const { properties = {}, required = [] } = inputOf(name)
    const ours = Object.keys(tool.inputSchema.properties).filter(
      (member) => !local.includes(member),
    )
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(ours))
    expect([...(tool.inputSchema.required ?? [])].sort()).toEqual([...required].sort())
  })

  it('is told apart by what it does: reads, changes, destroys', () => {
    const reads = name.startsWith('list_') || name.startsWith('get_')
    expect(tool.annotations.readOnlyHint ?? false).toBe(reads)
    const destroys = ['execute', 'revoke'].includes(name)
    // Not said, it counts as true for a tool that does not only read.
    expect(tool.annotations.destructiveHint ?? !reads).toBe(destroys)
  })
})

describe('what a host shows the model', () => {
  it('takes at most 5 KB for the tools', () => {
    expect(Buffer.byteLength(JSON.stringify({ tools }))).toBeLessThanOrEqual(5000)
  })

  it('takes fewer than 2048 characters for the instructions, and every tool is in them', () => {
    expect(instructions.length).toBeLessThan(2048)
    expect(consumerInstructions.length).toBeLessThan(2048)
    for (const { name } of tools) {
      if (name !== 'revoke') expect(instructions).toContain(name)
    }
  })

  it('holds the same longest wait and the same most listed tools as the contract', () => {
    expect(listedToolsMax).toBe(contractListedToolsMax)
    expect(longestWaitSeconds).toBe(waitSecondsMax)
  })

  it('carries the version of the package', () => {
    const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
    expect(JSON.parse(text)).toMatchObject({ version })
  })
})
