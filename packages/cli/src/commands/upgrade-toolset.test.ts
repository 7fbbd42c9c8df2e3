import type { Client } from '@sallyport/sdk'
import { describe, expect, it } from 'vitest'
import { CommandError, type Terminal } from '../terminal.ts'
import { upgradeToolset } from './upgrade-toolset.ts'

const toolset = { id: 'tls_1', name: 'github', version: 4, toolCount: 2, template: 'github@1' }
const changes = [
  { name: 'b', change: 'added', differences: [], agents: [{ id: 'agt_1', name: 'alice' }] },
].map((change) => ({ ...change, agentCount: 1 }))

/** A vault with one toolset and these versions of its template, and a terminal where nobody can be asked. */
function start(versions: readonly number[], given: object = toolset, previewed = changes) {
  const sent: { operation: string; input: object }[] = []
  const answers: Record<string, object> = {
    listToolsets: { toolsets: [given] },
    listToolsetTemplates: {
      templates: [
        { id: 'git', version: 9 },
        ...versions.map((version) => ({ id: 'github', version })),
      ],
    },
    previewToolset: { changes: previewed, digest: 'seen' },
    replaceToolsetSource: { toolset: { ...toolset, version: 5, toolCount: 3 } },
  }
  const call = async (operation: string, input: object) => {
    if (!operation.startsWith('list')) sent.push({ operation, input })
    return answers[operation] ?? {}
  }
  const said: string[] = []
  const terminal = {
    ...{ json: false, interactive: false },
    answer: (_: unknown, text: string) => said.push(text),
    note: (text: string) => said.push(text),
  } as unknown as Terminal
  const client = { call } as unknown as Client
  const upgrade = (options: { dryRun?: boolean; yes?: boolean }) =>
    upgradeToolset(client, terminal, { wanted: 'github', ...options })
  return { upgrade, sent, said }
}

describe('upgrading a ready toolset', () => {
  it('brings in the newest version as it was shown', async () => {
    const { upgrade, sent, said } = start([2, 3, 1])
    await upgrade({ yes: true })
    expect(sent).toEqual([
      { operation: 'previewToolset', input: { template: 'github@3', toolsetId: 'tls_1' } },
      {
        operation: 'replaceToolsetSource',
        input: { toolsetId: 'tls_1', version: 4, template: 'github@3', expects: 'seen' },
      },
    ])
    expect(said).toEqual([
      'github@1 → github@3\n+ b  (would have it: alice)',
      'github is github@3, at version 5 with 3 tools.',
    ])
  })

  it('changes nothing where it is only looked at, or where nobody says yes', async () => {
    for (const options of [{ dryRun: true }, {}]) {
      const { upgrade, sent } = start([2])
      const outcome = await upgrade(options).catch((error: unknown) => error)
      expect(outcome instanceof CommandError).toBe(options.dryRun !== true)
      expect(sent.map(({ operation }) => operation)).toEqual(['previewToolset'])
    }
  })

  it('has nothing to do where it is the newest, and says whose it is not', async () => {
    const same = changes.map((one) => ({ ...one, change: 'same' }))
    const newest = start([1], toolset, same)
    await newest.upgrade({ yes: true })
    expect(newest.said).toEqual(['github is github@1, which is the newest.'])
    expect(newest.sent.map(({ operation }) => operation)).toEqual(['previewToolset'])
    // It went back to an older version meanwhile.
    const back = start([1])
    await back.upgrade({ yes: true })
    expect(back.sent.at(-1)?.operation).toBe('replaceToolsetSource')
    const { template: _, ...imported } = toolset
    await expect(start([2], imported).upgrade({ yes: true })).rejects.toThrow('--update')
  })
})
