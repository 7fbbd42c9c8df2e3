import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { createKeyring, type WorkspaceKeyStore, type WrappedWorkspaceKey } from './keyring.ts'
import { createRootKey } from './root-key.ts'
import { onlyRootKey } from './root-keys.ts'

const credential = {
  table: 'connections',
  column: 'sealed',
  workspaceId: 'wsp_1',
  rowId: 'con_1',
  rowVersion: 1,
  origins: ['https://api.example.com'],
}
const secret = Buffer.from('correct horse battery staple')

function createShelf() {
  const rows = new Map<string, WrappedWorkspaceKey[]>()
  const shelf = { rows, reads: 0, failing: false }
  const store: WorkspaceKeyStore = {
    async list(workspaceId) {
      shelf.reads++
      if (shelf.failing) throw new Problem('store-unavailable')
      return [...(rows.get(workspaceId) ?? [])]
    },
    async insert({ workspaceId, version, wrapped }) {
      const known = rows.get(workspaceId) ?? []
      if (known.some((row) => row.version === version)) return
      rows.set(workspaceId, [...known, { version, wrapped }])
    },
  }
  return { shelf, store }
}

function setUp(rootKey = createRootKey(randomBytes(32))) {
  const { shelf, store } = createShelf()
  const build = (key = rootKey) =>
    createKeyring({ rootKeys: onlyRootKey(key), workspaceKeys: store, randomBytes })
  return { shelf, store, build, keyring: build() }
}

const typeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'opened',
    (error: unknown) => (error instanceof Problem ? error.type : error),
  )

describe('the keyring', () => {
  it('refuses everything with another root key', async () => {
    verifies('S-33')
    const { keyring, build } = setUp()
    const sealed = await keyring.seal(credential, secret)
    const stranger = build(createRootKey(randomBytes(32)))
    expect(await typeOf(stranger.open(credential, sealed))).toBe('credential-unreadable')
    expect(await typeOf(stranger.seal(credential, secret))).toBe('credential-unreadable')
  })

  it('refuses a key that was carried to another workspace or given another version', async () => {
    verifies('S-33')
    const { keyring, shelf, build } = setUp()
    const sealed = await keyring.seal(credential, secret)
    const [row] = shelf.rows.get('wsp_1') ?? []
    if (row === undefined) throw new Error('no key was made')

    shelf.rows.set('wsp_2', [row])
    const elsewhere = { ...credential, workspaceId: 'wsp_2' }
    expect(await typeOf(build().open(elsewhere, sealed))).toBe('credential-unreadable')
    expect(await typeOf(build().seal(elsewhere, secret))).toBe('credential-unreadable')

    shelf.rows.set('wsp_1', [{ version: 2, wrapped: row.wrapped }])
    expect(await typeOf(build().seal(credential, secret))).toBe('credential-unreadable')
  })

  it('refuses a workspace key that was put in the place of a secret, and garbage in place of both', async () => {
    const { keyring, shelf, build } = setUp()
    const sealed = await keyring.seal(credential, secret)
    const [row] = shelf.rows.get('wsp_1') ?? []
    expect(await typeOf(keyring.open(credential, row?.wrapped ?? new Uint8Array()))).toBe(
      'credential-unreadable',
    )
    expect(await typeOf(keyring.open(credential, new Uint8Array()))).toBe('credential-unreadable')
    shelf.rows.set('wsp_1', [{ version: 1, wrapped: randomBytes(69) }])
    expect(await typeOf(build().open(credential, sealed))).toBe('credential-unreadable')
  })

  it('does not share one key between workspaces', async () => {
    const { keyring } = setUp()
    const sealed = await keyring.seal(credential, secret)
    const elsewhere = { ...credential, workspaceId: 'wsp_2' }
    await keyring.seal(elsewhere, secret)
    expect(await typeOf(keyring.open(elsewhere, sealed))).toBe('credential-unreadable')
  })

  it('lets what is wrong with the database through and works again afterwards', async () => {
    const { keyring, shelf, build } = setUp()
    const sealed = await keyring.seal(credential, secret)
    const later = build()
    shelf.failing = true
    expect(await typeOf(later.open(credential, sealed))).toBe('store-unavailable')
    shelf.failing = false
    expect(Buffer.from(await later.open(credential, sealed))).toEqual(secret)
  })

  it('opens with the keys that do unwrap while another is damaged, and seals with none older', async () => {
    const { keyring, shelf, build } = setUp()
    const sealed = await keyring.seal(credential, secret)
    shelf.rows.set('wsp_1', [
      { version: 2, wrapped: randomBytes(69) },
      ...(shelf.rows.get('wsp_1') ?? []),
    ])
    expect(Buffer.from(await build().open(credential, sealed))).toEqual(secret)
    expect(await typeOf(build().seal(credential, secret))).toBe('credential-unreadable')
  })

  it('gives each failure a problem of its own, so that no audit entry sticks to another', async () => {
    const { keyring, build } = setUp()
    const sealed = await keyring.seal(credential, secret)
    const stranger = build(createRootKey(randomBytes(32)))
    const caught = await Promise.all(
      [1, 2].map(() => stranger.open(credential, sealed).catch((error: unknown) => error)),
    )
    expect(caught[0]).toBeInstanceOf(Problem)
    expect(caught[0]).not.toBe(caught[1])
  })

  it('opens in another process what it sealed', async () => {
    const { keyring, build } = setUp()
    const sealed = await keyring.seal(credential, secret)
    expect(Buffer.from(await build().open(credential, sealed))).toEqual(secret)
  })

  it('makes one key for a workspace, however many seal their first secret at once on two replicas', async () => {
    const { shelf, build } = setUp()
    const [one, two] = [build(), build()]
    const sealed = await Promise.all(
      [one, two, one, two].map((keyring) => keyring.seal(credential, secret)),
    )
    expect(shelf.rows.get('wsp_1')).toHaveLength(1)
    for (const envelope of sealed) {
      expect(Buffer.from(await build().open(credential, envelope))).toEqual(secret)
    }
  })

  it('uses the key that was stored with the workspace', async () => {
    const { keyring, store, shelf } = setUp()
    await store.insert({ workspaceId: 'wsp_1', ...(await keyring.createWorkspaceKey('wsp_1')) })
    await keyring.seal(credential, secret)
    expect(shelf.rows.get('wsp_1')).toHaveLength(1)
  })

  it('reads the keys of a workspace once for all who ask', async () => {
    const { keyring, shelf, build } = setUp()
    const sealed = await keyring.seal(credential, secret)
    const fresh = build()
    shelf.reads = 0
    await Promise.all(Array.from({ length: 20 }, () => fresh.open(credential, sealed)))
    await fresh.open(credential, sealed)
    expect(shelf.reads).toBe(1)
  })

  it('finds a key that another replica has added since', async () => {
    const { keyring, build, shelf } = setUp()
    await keyring.seal(credential, secret)
    const [row] = shelf.rows.get('wsp_1') ?? []
    if (row === undefined) throw new Error('no key was made')
    shelf.rows.set('wsp_1', [])
    const early = build()
    expect(await typeOf(early.open(credential, await keyring.seal(credential, secret)))).toBe(
      'credential-unreadable',
    )
    shelf.rows.set('wsp_1', [row])
    const sealed = await keyring.seal(credential, secret)
    expect(Buffer.from(await early.open(credential, sealed))).toEqual(secret)
  })

  it('prints no key', () => {
    verifies('S-38')
    const bytes = randomBytes(32)
    const { keyring } = setUp(createRootKey(bytes))
    const printed = `${inspect([keyring, createRootKey(bytes)], { depth: 9, showHidden: true })}${JSON.stringify(createRootKey(bytes))}`
    for (const form of ['hex', 'base64'] as const) {
      expect(printed).not.toContain(bytes.toString(form))
    }
    expect(printed).not.toContain(inspect(bytes).slice(8, 40))
  })
})
