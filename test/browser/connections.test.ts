import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EchoUpstream, startEchoUpstream } from '../fixtures/echo-upstream.ts'
import { addPerson } from '../fixtures/people.ts'
import { startVault, type TestVault } from '../fixtures/vault.ts'
import { verifies } from '../verifies.ts'
import { findAccessibilityFaults, hasChromium, startChromium } from './chromium.ts'
import { faultsInEveryLook, looksMsMax } from './looks.ts'
import { loaded, type OpenOptions, openPage, overflowOf, turnTo } from './open-page.ts'

const longName = 'z'.repeat(120)
const secret = 'bill_0123456789abcdefghij'

// Skipped where Chromium is not installed (Debian's package `chromium`).
describe.skipIf(!hasChromium)('the connections', () => {
  let vault: TestVault
  let browser: Browser
  let upstream: EchoUpstream
  let other: EchoUpstream

  beforeAll(async () => {
    ;[vault, browser, upstream, other] = await Promise.all([
      startVault(),
      startChromium(),
      startEchoUpstream(),
      startEchoUpstream(),
    ])
  })
  afterAll(async () => {
    await browser?.close()
    await vault?.stop()
    await upstream?.close()
    await other?.close()
  })

  const open = (path: string, options: OpenOptions = {}) =>
    openPage(browser, `${vault.url}${path}`, { signedIn: true, ...options })
  const textbox = (page: Pick<Page, 'getByRole'>, name: string) =>
    page.getByRole('textbox', { name })
  const card = (page: Page, name: string) =>
    page.locator('section').filter({ has: page.getByRole('heading', { name, exact: true }) })

  it('take several keys together, each in a place of its own, or none at all', async () => {
    const { page, context, said } = await open('/connections')
    const add = async (name: string, kind: string) => {
      await page.goto(`${vault.url}/connections`)
      await page.getByRole('link', { name: 'Add a connection' }).first().click()
      await page.getByRole('button', { name: /Any other API/ }).click()
      await textbox(page, 'Addresses of the API').fill(upstream.origin)
      await textbox(page, 'Name').fill(name)
      await page.locator('select[name="credential.kind"]').selectOption(kind)
    }
    const part = (index: number) => page.getByRole('group', { name: `Key ${index}` })
    const keep = () => page.getByRole('button', { name: 'Keep it' }).click()

    await add('Monitoring', 'several')
    await textbox(part(1), 'Name of the header').fill('X-Api-Key')
    await part(1).getByLabel('Key', { exact: true }).fill(secret)
    await textbox(part(2), 'Name of the header').fill('x-api-key')
    await part(2).getByLabel('Key', { exact: true }).fill(secret)
    await keep()
    await page
      .getByText(/must stand in another place/)
      .first()
      .waitFor()
    await part(2).getByLabel('How the API takes it').selectOption('cookie')
    await textbox(part(2), 'Name of the cookie').fill('sid')
    await part(2).getByLabel('Key', { exact: true }).fill(secret)
    await keep()
    await page.getByText('The key is kept.').waitFor()
    await add('Open data', 'none')
    await keep()
    await page.getByText('The key is kept.').waitFor()
    const { connections } = await vault.owner.call('listConnections', {})
    const kindOf = new Map(connections.map(({ label, credential }) => [label, credential?.kind]))
    expect([kindOf.get('Monitoring'), kindOf.get('Open data')]).toEqual(['several', 'none'])
    expect(await findAccessibilityFaults(page)).toEqual([])
    // Chromium takes each field of a password for a form of its own.
    expect(said.filter((line) => !line.includes('Multiple forms'))).toEqual([])
    await context.close()
  })

  it('that keep no credential say what each caller has to send', async () => {
    const { page, context, said } = await open('/connections?service=custom', { phone: true })
    await textbox(page, 'Addresses of the API').fill(upstream.origin)
    await textbox(page, 'Name').fill('Everybody’s own')
    await page.locator('select[name="credential.kind"]').selectOption('caller')
    await page.getByText(/each agent has to hold a credential itself/).waitFor()
    await textbox(page, 'Name of the header').fill('Authorization')
    await textbox(page, 'Before it').fill('Bearer')
    await page.getByRole('button', { name: 'Keep it' }).click()
    await page.getByText('The connection is made.').waitFor()
    const { connections } = await vault.owner.call('listConnections', {})
    const id = connections.find(({ label }) => label === 'Everybody’s own')?.id ?? ''
    const line = `Sallyport-Caller-Credential: ${id} <credential>`
    await page.getByText(line, { exact: true }).waitFor()
    await page.goto(`${vault.url}/connections/${id}`)
    await page.getByText(line, { exact: true }).waitFor()
    expect(await page.getByRole('button', { name: 'Test the key' }).count()).toBe(0)
    expect([await overflowOf(page), await findAccessibilityFaults(page), said]).toEqual([0, [], []])
    await context.close()
  })

  it('are added, tried and given to an agent that can use them at once', async () => {
    const agent = await vault.createAgentWithKey('Release helper')
    const { page, context, said } = await open('/connections')
    await page.getByRole('link', { name: 'Add a connection' }).first().click()
    await page.getByRole('button', { name: /Any other API/ }).click()
    const addresses = textbox(page, 'Addresses of the API')
    await addresses.fill(`${upstream.origin}/v1/docs?x=1`)
    await textbox(page, 'Name').fill('Billing')
    expect(await addresses.inputValue()).toBe(upstream.origin)
    await page.getByLabel('How the API takes it').selectOption('header')
    await textbox(page, 'Name of the header').fill('x-api-key')
    const key = page.locator('input[name="credential.value"]')
    await key.fill(secret)
    expect(await key.getAttribute('type')).toBe('password')
    await page.getByRole('button', { name: 'Keep it' }).click()
    await page.getByText('The key is kept.').waitFor()
    expect(await page.content()).not.toContain(secret)
    await page.getByRole('button', { name: 'Test the key' }).click()
    await page.getByText('It works.').waitFor()
    expect(upstream.requests.at(-1)?.headers).toContainEqual(['x-api-key', secret])
    await page.getByRole('link', { name: 'Give an agent access' }).click()
    await page.getByLabel('Agent', { exact: true }).selectOption({ label: 'Release helper' })
    const connection = page.getByLabel('Connection', { exact: true })
    expect(
      await connection.evaluate((box: HTMLSelectElement) => box.selectedOptions[0]?.text),
    ).toBe('Billing')
    await page.getByRole('button', { name: 'Add an entry' }).click()
    await textbox(page, 'Paths').fill('/v1/**')
    await page.getByRole('button', { name: 'Give this access' }).click()
    await page.getByText('Policy created').waitFor()
    const url = `${upstream.origin}/v1/me`
    const answer = await agent.client.call('execute', { service: 'custom', method: 'GET', url })
    expect(answer).toMatchObject({ status: 200 })
    expect(said).toEqual([])
    await context.close()
  })

  it('lead back to where somebody came from, and nowhere else', async () => {
    const fill = async (page: Page, label: string) => {
      await page.getByRole('heading', { level: 1, name: 'Connect GitHub' }).waitFor()
      await textbox(page, 'Name').fill(label)
      await page.locator('input[name="credential.token"]').fill('ghp_0123456789abcdef')
      await page.getByRole('button', { name: 'Keep it' }).click()
      await page.getByText('The key is kept.').waitFor()
    }
    const { page, context } = await open('/connections?service=github&return=/policies')
    await fill(page, 'GitHub')
    await page.getByRole('button', { name: 'Back to where you came from' }).click()
    await page.getByRole('heading', { level: 1, name: 'Policies' }).waitFor()
    for (const back of ['https://evil.example/', '//evil.example/', '/\\evil.example']) {
      await page.goto(`${vault.url}/connections?service=github&return=${encodeURIComponent(back)}`)
      await fill(page, `GitHub ${back.length}`)
      expect(await page.getByRole('button', { name: /^Back/ }).count()).toBe(0)
    }
    await context.close()
  })

  it('are edited and given another key, of which nothing can be read again', async () => {
    verifies('S-38')
    const connectionId = await vault.addConnection({ label: 'Old', origins: [upstream.origin] })
    const { page, context } = await open(`/connections/${connectionId}`)
    await page.getByRole('button', { name: 'Edit' }).click()
    await textbox(page, 'Name').fill('New')
    await textbox(page, 'Addresses of the API').fill(`${upstream.origin}\n${other.origin}`)
    await textbox(page, 'URL to test').fill(`${upstream.origin}/v1/me`)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { level: 1, name: 'New' }).waitFor()
    const { connection } = await vault.owner.call('getConnection', { connectionId })
    expect(connection).toMatchObject({
      origins: [upstream.origin, other.origin],
      testUrl: `${upstream.origin}/v1/me`,
    })
    await page.getByRole('button', { name: 'Replace the key' }).click()
    const key = page.locator('input[name="credential.token"]')
    expect(await key.inputValue()).toBe('')
    await key.fill('short')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('It must have at least 8 characters.').waitFor()
    await key.fill(secret)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('••••ghij').waitFor()
    expect(await page.content()).not.toContain(secret)
    await page.getByRole('button', { name: 'Test the key' }).click()
    await page.getByText('It works.').waitFor()
    expect(upstream.requests.at(-1)).toMatchObject({ target: '/v1/me' })
    expect(upstream.requests.at(-1)?.headers).toContainEqual(['authorization', `Bearer ${secret}`])
    await context.close()
  })

  it('are given another key with nothing to fill in but the key, where the catalog knows the service', async () => {
    const connectionId = await vault.addConnection({
      service: 'anthropic',
      label: 'Model',
      credential: { kind: 'header', name: 'x-api-key', value: 'sk-ant-0123456789' },
      origins: ['https://api.anthropic.com'],
    })
    const { page, context } = await open(`/connections/${connectionId}`)
    await page.getByRole('button', { name: 'Replace the key' }).click()
    await page.getByRole('dialog').locator('input[type=password]').fill('sk-ant-another-6543')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('••••6543').waitFor()
    await context.close()
  })

  it('are revoked after naming who loses access, and then serve nobody', async () => {
    const agent = await vault.createAgentWithKey('Loses access')
    const { agentId, client } = agent
    const connectionId = await vault.addConnection({ label: 'Doomed', origins: [upstream.origin] })
    await vault.addPolicy({ agentId, connectionId })
    const { page, context } = await open(`/connections/${connectionId}`)
    // What comes later moves what is pressed.
    const revoke = card(page, 'Revoke').getByRole('button', { name: 'Revoke' })
    await revoke.waitFor()
    await loaded(page)
    await revoke.click()
    const dialog = page.getByRole('alertdialog', { name: 'Revoke this connection?' })
    await dialog.getByText('Loses access').waitFor()
    await dialog.getByRole('button', { name: 'Revoke' }).click()
    await page.getByText('This connection is revoked.').waitFor()
    expect(await page.getByRole('button', { name: 'Test the key' }).count()).toBe(0)
    const call = { connectionId, method: 'GET', url: `${upstream.origin}/` }
    await expect(client.call('execute', call)).rejects.toThrow()
    await context.close()
  })

  it('cannot be changed on the page by who may only look', async () => {
    const { email, password } = await addPerson(vault, 'auditor')
    const connectionId = await vault.addConnection({ label: 'Seen', origins: [upstream.origin] })
    const signedIn = { email, password }
    const { page, context } = await open(`/connections/${connectionId}`, { signedIn })
    await page.getByRole('heading', { name: 'About' }).waitFor()
    for (const name of ['Edit', 'Replace the key', 'Revoke', 'Test the key']) {
      expect(await page.getByRole('button', { name, exact: true }).count()).toBe(0)
    }
    await page.goto(`${vault.url}/connections?add=any`)
    await page.getByText('not add them').waitFor()
    await context.close()
  })

  it(
    'can be read and added by everyone, in both themes, on a phone, with the longest names',
    async () => {
      const connectionId = await vault.addConnection({
        label: longName,
        origins: [upstream.origin],
      })
      const places = [
        ['/connections', longName],
        [`/connections/${connectionId}`, longName],
        ['/connections?add=any', 'Any other API'],
        ['/connections?service=custom', 'Addresses of the API'],
        ['/connections?service=telegram', 'Bot token'],
        ['/connections?service=aws-s3', 'Secret access key'],
        ['/connections?service=google-gmail', 'Redirect URI'],
      ] as const
      const { page, context } = await open('/connections', { audit: true })
      for (const [path, text] of places) {
        await turnTo(page, path)
        await page.getByText(text).first().waitFor()
        await loaded(page)
        expect([path, await faultsInEveryLook(page)]).toEqual([path, []])
      }
      await context.close()
    },
    looksMsMax,
  )
})
