import { toolsetTemplates } from '@sallyport/catalog'
import { describe, expect, it } from 'vitest'
import { sampleArguments } from '../../../../../test/fixtures/sample-arguments.ts'
import { freezeCall } from '../../../../../test/fixtures/tool-calls.ts'

describe('the ready tools of the catalog', () => {
  it.each(toolsetTemplates)(
    'can be called with what they need and with all they take: $id',
    ({ tools }) => {
      for (const tool of tools) {
        for (const which of ['required', 'all'] as const) {
          const args = sampleArguments(tool.inputSchema, which)
          const frozen = freezeCall(tool, args, { allowEncodedSlash: true })
          expect(frozen.url.startsWith(`${tool.binding.origin}/`), tool.name).toBe(true)
          expect(frozen.method, tool.name).toBe(tool.binding.method)
          expect(frozen.droppedHeaders, tool.name).toEqual([])
        }
      }
    },
  )
})
