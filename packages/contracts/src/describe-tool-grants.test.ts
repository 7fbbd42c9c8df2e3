import { describe, expect, it } from 'vitest'
import { describePolicy } from './describe-policy.ts'
import type { PolicyDocument } from './policy.ts'
import type { ToolGrant } from './tool-grant.ts'

const nowMs = Date.parse('2026-11-21T12:00:00.000Z')
const whole = { toolsetId: 'tls_1', allowed: true } as const
const single = (toolId: string, more: Partial<ToolGrant> = {}): ToolGrant => ({
  toolsetId: 'tls_2',
  toolId,
  allowed: true,
  ...more,
})
const policy = (tools: readonly ToolGrant[]): PolicyDocument => ({
  ...{ allow: [], approval: 'writes', limits: {}, windows: [], tools: [...tools] },
})
const say = (tools: readonly ToolGrant[]) => describePolicy(policy(tools), nowMs)

describe('grants of tools in words', () => {
  it('are counted, toolsets and single tools, with what is taken out and when owners are asked', () => {
    expect(say([whole])).toEqual([
      'May call all tools of one toolset.',
      'Calls that write ask you first.',
      'An approval lasts 30 minutes.',
    ])
    expect(say([whole, single('a'), single('b'), single('c', { allowed: false })])[0]).toBe(
      'May call all tools of one toolset, and 2 single tools. One tool is taken out.',
    )
  })

  it('allow nothing where each of them denies or has ended', () => {
    expect(say([single('a', { allowed: false })])).toEqual(['Allows nothing.'])
    expect(say([single('a', { expiresAt: '2026-01-01T00:00:00.000Z' })])).toEqual([
      'Allows nothing.',
    ])
  })

  it('say that owners are not asked, always asked, or that it differs', () => {
    expect(say([{ ...whole, approval: 'never' }])).toEqual([
      'May call all tools of one toolset.',
      'For calls of tools you are not asked.',
    ])
    expect(say([{ ...whole, approval: 'always' }])).toContain('Each call of a tool asks you first.')
    expect(say([{ ...whole, approval: 'always' }, single('a')])).toContain(
      'When you are asked differs from tool to tool.',
    )
  })

  it('stand beside what is allowed without tools, and rules say which tools they are about', () => {
    const both = describePolicy(
      {
        ...policy([whole]),
        allow: [{ origin: 'https://a.example', methods: ['GET'], paths: ['/**'] }],
        rules: [{ id: 'r', when: { tools: ['stock-index.*'] }, then: 'deny' }],
        response: [{ id: 'a', when: { tools: ['x.y'] }, drop: ['z'] }],
      },
      nowMs,
    )
    expect(both[0]).toBe('May read (GET) anything at https://a.example.')
    expect(both).toContain('May call all tools of one toolset.')
    expect(both).toContain('Denies every call of stock-index.*.')
    expect(both).toContain('Drops “z” from answers to every call of x.y.')
  })
})
