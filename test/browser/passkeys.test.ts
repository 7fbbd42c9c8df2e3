import type { Browser, CDPSession, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ownerEmail, ownerPassword, startVault, type TestVault } from '../fixtures/vault.ts'
import { verifies } from '../verifies.ts'
import { hasChromium, startChromium } from './chromium.ts'

/** What the vault answered to a request of the page. */
interface Answer {
  readonly status: number
  readonly body: Record<string, unknown> & { type?: string }
}

/** A device that verifies whoever holds it, with an answer to every question, in the browser itself. */
const device = {
  protocol: 'ctap2',
  ctap2Version: 'ctap2_1',
  transport: 'internal',
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
} as const

// Skipped where Chromium is not installed (Debian's package `chromium`).
describe.skipIf(!hasChromium)('a passkey in a browser', () => {
  let vault: TestVault
  let browser: Browser
  let page: Page
  let cdp: CDPSession
  let authenticatorId: string
  let pagesUrl: string

  beforeAll(async () => {
    vault = await startVault()
    pagesUrl = `http://localhost:${new URL(vault.url).port}`
    browser = await startChromium()
    page = await (await browser.newContext()).newPage()
    await page.goto(`${pagesUrl}/sign-in`)
    cdp = await page.context().newCDPSession(page)
    await cdp.send('WebAuthn.enable')
    const added = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: device })
    authenticatorId = added.authenticatorId
  })
  afterAll(async () => {
    await browser?.close()
    await vault?.stop()
  })

  /** A request as a script of the vault's own page makes it. */
  const ask = (method: string, path: string, body?: unknown): Promise<Answer> =>
    page.evaluate(
      async ([how, where, text]) => {
        const answer = await fetch(where, {
          method: how,
          ...(text !== null && { headers: { 'content-type': 'application/json' }, body: text }),
        })
        return { status: answer.status, body: await answer.json() }
      },
      [method, path, body === undefined ? null : JSON.stringify(body)] as const,
    )

  /** Asks the vault what to sign, and the browser to sign it: the challenge and the device's answer. */
  async function answerTo(path: string): Promise<{ challengeId: string; response: unknown }> {
    const { status, body } = await ask('POST', path, {})
    expect([path, status]).toEqual([path, 200])
    const text = await page.evaluate(answerInPage, JSON.stringify(body.options))
    return { challengeId: String(body.challengeId), response: JSON.parse(text) }
  }

  const signIn = async () =>
    ask('POST', '/api/v1/session/passkey', await answerTo('/api/v1/session/passkey/options'))

  const credentials = async () =>
    (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials

  it('is added by who signed in with a password, and is kept on the device', async () => {
    verifies('S-42')
    const entered = await ask('POST', '/api/v1/session', {
      email: ownerEmail,
      password: ownerPassword,
    })
    expect(entered.status).toBe(200)
    const answer = await answerTo('/api/v1/passkeys/options')
    const made = await ask('POST', '/api/v1/passkeys', { ...answer, name: 'This laptop' })
    expect(made).toMatchObject({ status: 201, body: { passkey: { name: 'This laptop' } } })
    const [kept] = await credentials()
    expect(kept).toMatchObject({ rpId: 'localhost', isResidentCredential: true })
    const { body } = await ask('GET', '/api/v1/account')
    expect(body.account).toMatchObject({ passkeys: 1, passkeysOffered: true })
    // The same answer again is worth nothing.
    const again = await ask('POST', '/api/v1/passkeys', { ...answer, name: 'Again' })
    expect(again.body.type).toBe('passkey-refused')
  })

  it('signs its person in without a name, a password or a code', async () => {
    verifies('S-42')
    await ask('DELETE', '/api/v1/session')
    expect((await ask('GET', '/api/v1/session')).status).toBe(401)
    const entered = await signIn()
    expect(entered).toMatchObject({ status: 200, body: { owner: { email: ownerEmail } } })
    const { body } = await ask('GET', '/api/v1/sessions')
    expect(body.sessions).toEqual(
      expect.arrayContaining([expect.objectContaining({ current: true, method: 'passkey' })]),
    )
  })

  it('proves that its person is still there', async () => {
    verifies('S-42')
    const passkey = await answerTo('/api/v1/session/reauthenticate/options')
    const renewed = await ask('POST', '/api/v1/session/reauthenticate', { passkey })
    expect(renewed.status).toBe(200)
    const token = { name: 'x', scopes: ['agents:read'], expiresInDays: 1 }
    expect((await ask('POST', '/api/v1/tokens', token)).status).toBe(201)
  })

  it('is refused when its counter went back, as a copy’s does', async () => {
    verifies('S-42')
    const [kept] = await credentials()
    if (kept === undefined) throw new Error('the device holds no passkey')
    // As a copy of the device would: it has not heard of what the other one signed since.
    await cdp.send('WebAuthn.removeCredential', {
      authenticatorId,
      credentialId: kept.credentialId,
    })
    const older = { ...kept, signCount: 0 }
    await cdp.send('WebAuthn.addCredential', { authenticatorId, credential: older })
    expect((await signIn()).body).toMatchObject({
      type: 'passkey-refused',
      detail: 'The passkey was not accepted.',
    })
    await cdp.send('WebAuthn.removeCredential', {
      authenticatorId,
      credentialId: kept.credentialId,
    })
    const ahead = { ...kept, signCount: kept.signCount + 100 }
    await cdp.send('WebAuthn.addCredential', { authenticatorId, credential: ahead })
    expect((await signIn()).status).toBe(200)
  })

  it('is of no use on the page of an address', async () => {
    const other = await (await browser.newContext()).newPage()
    await other.goto(`${vault.url}/sign-in`)
    const said = await other.evaluate(async () => {
      const path = '/api/v1/session/passkey/options'
      const headers = { 'content-type': 'application/json' }
      return (await fetch(path, { method: 'POST', headers, body: '{}' })).json()
    })
    expect(said.type).toBe('passkey-refused')
    expect(said.next).toContain(pagesUrl)
    await other.context().close()
  })

  it('lets nobody in once it was removed', async () => {
    verifies('S-42')
    const { body } = await ask('GET', '/api/v1/passkeys')
    const [passkey] = body.passkeys as { id: string; lastUsedAt?: string }[]
    expect(passkey?.lastUsedAt).toBeDefined()
    const removed = await ask('DELETE', `/api/v1/passkeys/${passkey?.id}`)
    expect(removed.body).toEqual({ deleted: true })
    expect((await signIn()).body.type).toBe('passkey-refused')
  })
})

/** Runs in the page: has the browser answer WebAuthn's options, and gives the answer as JSON. */
async function answerInPage(text: string): Promise<string> {
  const options = JSON.parse(text)
  const { PublicKeyCredential: webauthn, navigator } = globalThis as unknown as {
    PublicKeyCredential: Record<string, (options: unknown) => unknown>
    navigator: { credentials: Record<string, (given: object) => Promise<{ toJSON(): unknown }>> }
  }
  const isNew = 'user' in options
  const parse = isNew ? 'parseCreationOptionsFromJSON' : 'parseRequestOptionsFromJSON'
  const publicKey = webauthn[parse]?.(options)
  const { credentials } = navigator
  const credential = isNew
    ? await credentials.create?.({ publicKey })
    : await credentials.get?.({ publicKey })
  return JSON.stringify(credential?.toJSON())
}
