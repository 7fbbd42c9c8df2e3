import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addPerson, type Person } from '../fixtures/people.ts'
import { startVault, type TestAgent, type TestVault } from '../fixtures/vault.ts'
import { verifies } from '../verifies.ts'
import { hasChromium, startChromium } from './chromium.ts'
import { faultsInEveryLook, looksMsMax } from './looks.ts'
import { openPage, overflowOf } from './open-page.ts'

// An owner answers what agents would like to be allowed. Skipped where Chromium is not installed (Debian's package `chromium`).
describe.skipIf(!hasChromium)('the page of a capability request', () => {
  let vault: TestVault
  let browser: Browser

  beforeAll(async () => {
    ;[vault, browser] = await Promise.all([startVault(), startChromium()])
  })
  afterAll(async () => {
    await browser?.close()
    await vault?.stop()
  })

  const origin = 'https://api.github.com'
  const ask = async (reason = 'To file what you found.') => {
    const agent = await vault.createAgentWithKey('wisher')
    const { id } = await agent.client.call('requestCapability', {
      actionTemplateId: 'github-issues',
      reason,
    })
    return { agent, id, path: `/capability-requests/${id}` }
  }
  const connect = (label: string, origins = [origin]) =>
    vault.addConnection({ label, service: 'github', origins })
  const open = (path: string, options: Parameters<typeof openPage>[2] = {}) =>
    openPage(browser, `${vault.url}${path}`, { signedIn: true, ...options })
  const press = (page: Page, name: string) =>
    page.getByRole('button', { name, exact: true }).click()
  const policyOf = async ({ agentId }: TestAgent) =>
    (await vault.owner.call('listPolicies', { agentId })).policies[0]

  it('grants in one press what was asked for, and the agent has it', async () => {
    const connectionId = await connect('Work account')
    const { agent, path } = await ask()
    const { page, context, said } = await open('/capability-requests')
    await page.getByRole('link', { name: 'GitHub: ' }).first().click()
    await page.waitForURL(new RegExp(path))
    await page.getByText('To file what you found.').waitFor()
    await page.getByText(`at ${origin}`).first().waitFor()
    await press(page, 'Grant')
    await page.getByText('Granted.').waitFor()
    const policy = await policyOf(agent)
    expect(policy).toMatchObject({ connectionId })
    const { activeConnections } = await agent.client.call('getMyCapabilities', {})
    expect(activeConnections).toMatchObject([{ connectionId, actions: ['github-issues'] }])
    expect(said).toEqual([])
    await context.close()
  })

  it('grants a part of it, until a day, asking each time, on the connection that was chosen', async () => {
    await connect('Another account')
    const second = await connect('The right account')
    const { agent, path } = await ask()
    const { page, context } = await open(path)
    expect(await page.getByRole('button', { name: 'Grant', exact: true }).isDisabled()).toBe(true)
    await page.getByLabel('The right account').check()
    await page.getByText('Narrow it, or let it end').click()
    const first = page.getByRole('group', { name: origin }).first()
    const methods = await first.getByRole('checkbox').all()
    expect(methods.length).toBeGreaterThan(1)
    await first.getByLabel('Paths').fill('/repos/me/mine/issues')
    await page.getByLabel('For every request').check()
    await press(page, '7 days')
    await page.getByText('What the agent may then do').waitFor()
    await press(page, 'Grant')
    await page.getByText('Granted.').waitFor()
    const policy = await policyOf(agent)
    expect(policy?.connectionId).toBe(second)
    const [entry] = policy?.allow ?? []
    expect(entry).toMatchObject({ paths: ['/repos/me/mine/issues'], approval: 'always' })
    const leftMs = Date.parse(entry?.expiresAt ?? '') - Date.now()
    expect(leftMs).toBeGreaterThan(6.9 * 86_400_000)
    expect(leftMs).toBeLessThan(7.1 * 86_400_000)
    await context.close()
  })

  it('says what is wrong where more is granted than was asked for, and grants nothing', async () => {
    await connect('For more')
    const { agent, path } = await ask()
    const { page, context } = await open(path)
    await page.getByLabel('For more').check()
    await page.getByText('Narrow it, or let it end').click()
    await page.getByLabel('Paths').first().fill('/**')
    await press(page, 'Grant')
    await page.getByRole('alert').getByText('must lie within').waitFor()
    expect(await policyOf(agent)).toBeUndefined()
    await context.close()
  })

  it('denies with a word to the agent, which reads it', async () => {
    const { agent, id, path } = await ask()
    const { page, context } = await open(path)
    await press(page, 'Deny…')
    await page.getByLabel('Note to the agent').fill('Ask the other team.')
    await page.keyboard.press('Enter')
    await page.getByText('Note to the agent: Ask the other team.').waitFor()
    const { recentAnswers } = await agent.client.call('getMyCapabilities', {})
    expect(recentAnswers).toMatchObject([{ id, status: 'denied', note: 'Ask the other team.' }])
    await context.close()
  })

  it('adds a connection where there is none, and then grants on it', async () => {
    const agent = await vault.createAgentWithKey('wisher')
    const { id } = await agent.client.call('requestCapability', {
      actionTemplateId: 'notion-write',
      reason: 'To keep notes.',
    })
    const { page, context } = await open(`/capability-requests/${id}`)
    await page.getByText('There is no connection to this service yet.').waitFor()
    await page.getByRole('link', { name: 'Add a connection' }).click()
    await page.locator('input[type=password]').fill('a-key-of-notion-0123456789')
    await press(page, 'Keep it')
    await press(page, 'Back to where you came from')
    await page.getByRole('radio', { name: 'Notion', checked: true }).waitFor()
    await press(page, 'Grant')
    await page.getByText('Granted.').waitFor()
    expect((await policyOf(agent))?.allow[0]?.actionTemplateId).toBe('notion-write')
    await context.close()
  })

  it('can not be deceived by the agent’s reason', async () => {
    verifies('S-28')
    const { path } = await ask(
      `\u202eevil\u202c </figcaption><button>Grant</button>${'\n'.repeat(200)}The agent wrote\n${'\u200b'.repeat(900)}`,
    )
    for (const where of [path, '/capability-requests']) {
      for (const phone of [false, true]) {
        const { page, context } = await open(where, { phone })
        await page.getByText('‹U+202E›').first().waitFor()
        expect(await page.locator('main').textContent()).not.toMatch(
          /(?![\n])[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u,
        )
        expect(await page.getByRole('button', { name: 'Grant', exact: true }).count()).toBe(
          where === path ? 1 : 0,
        )
        expect(await overflowOf(page)).toBe(0)
        await context.close()
      }
    }
  })

  it('lets those who may only look look', async () => {
    const { path } = await ask()
    const auditor: Person = await addPerson(vault, 'auditor')
    const { email, password } = auditor
    const { page, context } = await open(path, { signedIn: { email, password } })
    await page.getByText('Your role can see what agents ask for and not answer it.').waitFor()
    expect(await page.getByRole('button', { name: /Grant|Deny/ }).count()).toBe(0)
    await context.close()
  })

  it(
    'has nothing that some cannot read, in both themes, on a phone',
    async () => {
      const { path } = await ask()
      const { page, context } = await open(path, { audit: true })
      await page.getByText('Narrow it, or let it end').click()
      await page.getByText('To the letter').click()
      expect(await faultsInEveryLook(page)).toEqual([])
      await context.close()
    },
    looksMsMax,
  )
})
