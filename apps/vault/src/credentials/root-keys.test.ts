import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { createRootKey, rootKeyCheck, rootKeyId } from './root-key.ts'
import { storedFor } from './root-key-source.ts'
import { createRootKeys } from './root-keys.ts'

const [old, next] = [createRootKey(randomBytes(32)), createRootKey(randomBytes(32))]
const hexId = (key: typeof old) => Buffer.from(rootKeyId(key)).toString('hex')

describe('the root keys of a running vault', () => {
  it('are those that the database knows: one that was replaced is forgotten, whoever writes it down again', async () => {
    verifies('S-35')
    const table = { rows: [storedFor(old), storedFor(next)], check: rootKeyCheck(old) }
    const files = { keys: [old, next] }
    const rootKeys = createRootKeys({
      known: [old],
      source: { load: async () => files.keys },
      shelf: { list: async () => table.rows, findCurrentCheck: async () => table.check },
    })
    expect(await rootKeys.learn()).toEqual([hexId(old), hexId(next)])
    // The rotation has ended, and the file of the new key is in the place of the old one.
    table.rows = [storedFor(next)]
    table.check = rootKeyCheck(next)
    files.keys = [next]
    expect(await rootKeys.learn()).toEqual([hexId(next)])
    expect(await rootKeys.find(rootKeyId(next))).toBe(await rootKeys.current())
    // Somebody who has the old one may write to the database.
    table.rows = [storedFor(next), storedFor(old)]
    table.check = rootKeyCheck(old)
    expect(await rootKeys.learn()).toEqual([hexId(next)])
    expect(await rootKeys.find(rootKeyId(old))).toBeUndefined()
    await expect(rootKeys.current()).rejects.toThrow('not known to this vault')
  })
})
