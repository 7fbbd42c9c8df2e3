import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { nextAuditKeys, openAuditKeys } from './audit-key-ring.ts'
import type { WrappedSecret } from './installation-secrets.ts'
import { createRootKey, createWrappingKey } from './root-key.ts'

const parent = createWrappingKey(createRootKey(randomBytes(32)))
const secretsOf = async (version: number) =>
  (await nextAuditKeys(version, { parent, randomBytes })).secrets

async function openRing() {
  const table = { rows: [...(await secretsOf(1))] as readonly WrappedSecret[], reads: 0 }
  const ring = await openAuditKeys({
    find: async () => parent,
    async listSecrets() {
      table.reads += 1
      const { rows } = table
      await new Promise(setImmediate)
      return rows
    },
  })
  const versions = () => ring.epochs().map(({ version }) => version)
  return { table, ring, versions }
}

describe('the ring of the audit log’s keys', () => {
  it('learns of a version that was made while it was reading for somebody else', async () => {
    const { table, ring, versions } = await openRing()
    const before = ring.refresh()
    await Promise.resolve()
    await Promise.resolve()
    expect(table.reads).toBe(2)
    table.rows = [...table.rows, ...(await secretsOf(2))]
    const after = [ring.refresh(), ring.refresh()]
    await Promise.all([before, ...after])
    expect(versions()).toEqual([1, 2])
    expect(table.reads).toBe(3)
  })

  it('takes no older version for the newest when somebody removes what is newer', async () => {
    verifies('S-37')
    const { table, ring, versions } = await openRing()
    const first = table.rows
    table.rows = [...first, ...(await secretsOf(2))]
    await ring.refresh()
    table.rows = first
    await ring.refresh()
    expect(versions()).toEqual([1, 2])
  })

  it('goes on after a table that could not be read', async () => {
    const { table, ring, versions } = await openRing()
    const [mac] = await secretsOf(2)
    const rows = table.rows
    table.rows = mac === undefined ? rows : [...rows, mac]
    await expect(ring.refresh()).rejects.toThrow('audit-signing is missing')
    expect(versions()).toEqual([1])
    table.rows = [...rows, ...(await secretsOf(2))]
    await ring.refresh()
    expect(versions()).toEqual([1, 2])
  })
})
