import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EchoUpstream, startEchoUpstream } from '../fixtures/echo-upstream.ts'
import { startVault, type TestAgent, type TestVault } from '../fixtures/vault.ts'
import { hasChromium, startChromium } from './chromium.ts'
import { faultsInOppositeLooks, looksMsMax } from './looks.ts'
import { openPage } from './open-page.ts'

const longLabel = 'A-rule-whose-name-is-as-long-as-names-of-rules-may-be-'.repeat(3)

// Skipped where Chromium is not installed (Debian's package `chromium`).
describe.skipIf(!hasChromium)('the editor of policies', () => {
  let vault: TestVault
  let browser: Browser
  let upstream: EchoUpstream
  let connectionId: string

  beforeAll(async () => {
    ;[vault, browser, upstream] = await Promise.all([
      startVault(),
      startChromium(),
      startEchoUpstream(),
    ])
    connectionId = await vault.addConnection({ label: 'Mail', origins: [upstream.origin] })
  })
  afterAll(async () => {
    await browser?.close()
    await vault?.stop()
    await upstream?.close()
  })

  const open = (path: string, options = {}) =>
    openPage(browser, `${vault.url}${path}`, { signedIn: true, ...options })
  const card = (page: Page, name: string) =>
    page.locator('section').filter({ has: page.getByRole('heading', { name, exact: true }) })
  const rules = (page: Page) => card(page, 'Rules on requests')
  const trial = (page: Page) => card(page, 'Try a request')
  const save = async (page: Page) => {
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('Policy saved').waitFor()
  }
  const stored = async (policyId: string) =>
    (await vault.owner.call('getPolicy', { policyId })).policy

  /** An agent that may write to /v1/… without being asked. */
  async function writer(name: string): Promise<{ agent: TestAgent; policyId: string }> {
    const agent = await vault.createAgentWithKey(name)
    const policyId = await vault.addPolicy({
      agentId: agent.agentId,
      connectionId,
      approval: 'never',
      allow: [{ origin: upstream.origin, methods: ['GET', 'POST'], paths: ['/v1/**'] }],
    })
    return { agent, policyId }
  }
  const send = (agent: TestAgent, path: string, body?: Record<string, unknown>) =>
    agent.client
      .call('execute', {
        connectionId,
        method: body === undefined ? 'GET' : 'POST',
        url: `${upstream.origin}${path}`,
        ...(body !== undefined && { body }),
      })
      .then(
        (answer) => ('status' in answer ? String(answer.status) : 'asked'),
        (problem: { type?: string }) => String(problem.type),
      )

  it('writes rules by which the vault decides, after they were tried', async () => {
    const { agent, policyId } = await writer('Ruled')
    const { page, context, said } = await open(`/policies/${policyId}`)
    await rules(page).getByRole('button', { name: 'Deny', exact: true }).click()
    await rules(page).getByText('so this is about every request').waitFor()
    await rules(page).getByLabel('Name').first().fill('Only our own people')
    const body = rules(page).getByRole('group', { name: 'Body' })
    await body.getByRole('button', { name: 'Add a condition' }).click()
    await page.keyboard.type('to[]')
    await body.getByLabel('Compared').selectOption('does not end with')
    await body.getByLabel('Values').fill('@example.com')
    await trial(page).getByLabel('Method').selectOption('POST')
    await trial(page).getByLabel('URL').fill(`${upstream.origin}/v1/send`)
    await trial(page).getByText('Query and body').click()
    await trial(page)
      .getByLabel('Body')
      .fill('{"to": ["ann@example.com", "eve@elsewhere.example"]}')
    await trial(page).getByRole('button', { name: 'Try it' }).click()
    await trial(page).getByText('Denied', { exact: true }).waitFor()
    await trial(page).getByText('Decided by rule 1 (Only our own people)').waitFor()
    await trial(page).getByRole('list', { name: 'Rules that fit' }).waitFor()
    await save(page)
    expect((await stored(policyId)).rules).toMatchObject([
      {
        label: 'Only our own people',
        when: { body: [{ path: 'to[]', op: 'not_ends_with', value: '@example.com' }] },
      },
    ])
    expect(await send(agent, '/v1/send', { to: ['ann@example.com'] })).toBe('200')
    expect(await send(agent, '/v1/send', { to: ['eve@elsewhere.example'] })).toBe('policy-denied')
    expect(said).toEqual([])
    await context.close()
  })

  it('shows what would be taken out of a body, and of answers what rules on them leave', async () => {
    const { agent, policyId } = await writer('Redacted')
    const { page, context } = await open(`/policies/${policyId}`)
    await rules(page).getByRole('button', { name: 'Take out' }).click()
    await rules(page).getByRole('checkbox', { name: 'Money' }).check()
    await card(page, 'Rules on answers').getByRole('button', { name: 'Add a rule' }).click()
    await card(page, 'Rules on answers').getByLabel('Leave out').fill('headers')
    await trial(page).getByLabel('Method').selectOption('POST')
    await trial(page).getByText('Query and body').click()
    await trial(page).getByLabel('Body').fill('{"text": "write to ann@example.com"}')
    await trial(page).getByRole('button', { name: 'Try it' }).click()
    await trial(page).getByText('Of the body this would be left').waitFor()
    expect(await trial(page).textContent()).toContain('{"text":"write to [redacted:email]"}')
    await save(page)
    expect(await stored(policyId)).toMatchObject({
      rules: [{ then: 'redact', when: { sensitive: { kinds: ['contact', 'financial'] } } }],
      response: [{ drop: ['headers'], redact: ['contact'] }],
    })
    upstream.requests.length = 0
    expect(await send(agent, '/v1/send', { text: 'write to ann@example.com' })).toBe('200')
    expect(upstream.requests[0]?.body.toString()).not.toContain('ann@example.com')
    await context.close()
  })

  it('brings what the vault finds wrong to its control, opened and in focus', async () => {
    const { policyId } = await writer('Mistaken')
    const { page, context } = await open(`/policies/${policyId}`)
    await rules(page).getByRole('button', { name: 'Ask', exact: true }).click()
    await rules(page)
      .getByRole('group', { name: 'Query' })
      .getByRole('button', { name: 'Add a condition' })
      .click()
    await page.keyboard.type('q')
    await rules(page).getByLabel('Compared').selectOption('matches the expression')
    await rules(page).getByLabel('Expression').fill('(?=secret)')
    // Closed again: what is wrong must not be hidden.
    await rules(page).getByRole('button', { expanded: true }).first().click()
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    const faulty = rules(page).getByLabel('Expression')
    await faulty.waitFor()
    await expect.poll(() => faulty.getAttribute('aria-invalid')).toBe('true')
    await expect
      .poll(() => faulty.evaluate((control) => control === document.activeElement))
      .toBe(true)
    expect((await stored(policyId)).rules).toBeUndefined()
    await faulty.fill('^secret')
    expect(await faulty.getAttribute('aria-invalid')).toBeNull()
    await save(page)
    expect((await stored(policyId)).rules).toHaveLength(1)
    await context.close()
  })

  it('orders, copies and removes rules by the keyboard, without losing the focus', async () => {
    const { policyId } = await writer('Ordered')
    const { allow } = await stored(policyId)
    await vault.owner.call('replacePolicy', {
      policyId,
      allow,
      rules: ['a', 'b', 'c'].map((id) => ({
        id,
        when: { paths: [`/${id}`] },
        then: 'deny' as const,
      })),
    })
    const { page, context } = await open(`/policies/${policyId}`)
    await rules(page).getByRole('button', { name: '1 Deny /a' }).focus()
    await page.keyboard.press('Alt+ArrowDown')
    await page.getByText('Now rule 2 of 3.').waitFor({ state: 'attached' })
    const focused = () =>
      page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '')
    await expect.poll(focused).toBe('Move rule 2 down')
    await page.keyboard.press('Enter')
    await expect.poll(focused).toBe('Move rule 3 down')
    await rules(page).getByRole('button', { name: 'Copy rule 1' }).press('Enter')
    await rules(page).getByLabel('Name').waitFor()
    await rules(page).getByRole('button', { name: 'Remove rule 3' }).press('Enter')
    await save(page)
    expect((await stored(policyId)).rules?.map(({ id }) => id)).toEqual(['b', 'b-1', 'a'])
    await context.close()
  })

  it('takes the policy as text, says line and column of what is wrong, and saves none that is none', async () => {
    const { policyId } = await writer('Written')
    const { page, context } = await open(`/policies/${policyId}`)
    await page.getByRole('button', { name: 'Text', exact: true }).click()
    const text = page.getByLabel('Policy as JSON')
    const before = await text.inputValue()
    await text.fill(before.replace('"never"', '"sometimes"'))
    await page.getByRole('button', { name: /^Line \d+, column \d+$/ }).click()
    const chosen = await text.evaluate((area) => {
      const { value, selectionStart, selectionEnd } = area as HTMLTextAreaElement
      return value.slice(selectionStart, selectionEnd)
    })
    expect(chosen).toBe('"sometimes"')
    const button = page.getByRole('button', { name: 'Save', exact: true })
    expect(await button.isDisabled()).toBe(true)
    await text.fill(before.replace('"never"', '"always"'))
    await card(page, 'In plain words').getByText('Every request asks you first.').waitFor()
    await save(page)
    expect((await stored(policyId)).approval).toBe('always')
    await context.close()
  })

  it('runs a draft over history, and takes what would have sufficed', async () => {
    const { agent, policyId } = await writer('Remembered')
    for (const path of ['/v1/notes', '/v1/notes', '/v1/tags']) {
      expect(await send(agent, path)).toBe('200')
    }
    const { page, context } = await open(`/policies/${policyId}`)
    const used = card(page, 'What is used of it?')
    await used.getByRole('button', { name: 'Look for what is not used' }).click()
    await used.getByText('3 attempts were looked at').waitFor()
    await used.getByRole('button', { name: 'Remove what is not used of entry 1' }).click()
    await page.getByText('Removed from the draft').waitFor()
    await save(page)
    expect((await stored(policyId)).allow[0]?.methods).toEqual(['GET'])
    await page.getByLabel('Paths').first().fill('/v1/tags')
    const history = card(page, 'What would it have decided?')
    await history.getByRole('button', { name: 'Run over history' }).click()
    await history.getByText('2 newly denied').waitFor()
    await history.getByRole('button', { name: 'Newly denied 2' }).click()
    await expect
      .poll(() => history.getByRole('list', { name: 'Attempts' }).getByRole('listitem').count())
      .toBe(2)
    await history.getByRole('link').first().click()
    await page.getByRole('button', { name: 'Leave' }).click()
    await page.getByRole('dialog', { name: 'Request' }).waitFor()
    await context.close()
  })

  it('shows every attempt that a draft would have decided otherwise, page after page', async () => {
    const { agent, policyId } = await writer('Busy')
    const sent = await Promise.all(Array.from({ length: 205 }, () => send(agent, '/v1/notes')))
    expect(new Set(sent)).toEqual(new Set(['200']))
    const { page, context } = await open(`/policies/${policyId}`)
    await page.getByLabel('Paths').first().fill('/v1/tags')
    const history = card(page, 'What would it have decided?')
    await history.getByRole('button', { name: 'Run over history' }).click()
    await history.getByText('205 newly denied').waitFor()
    await history.getByRole('button', { name: 'Show 175 more' }).click()
    await history.getByRole('button', { name: 'Load more' }).click()
    const shown = history.getByRole('list', { name: 'Attempts' }).getByRole('listitem')
    await expect.poll(() => shown.count(), { timeout: 15_000 }).toBe(205)
    expect(await history.getByRole('button', { name: /more/ }).count()).toBe(0)
    await context.close()
  })

  it('leads from a denied attempt to the smallest change that would allow it', async () => {
    const { agent, policyId } = await writer('Hindered')
    expect(await send(agent, '/v2/notes')).toBe('policy-denied')
    const { entries } = await vault.owner.call('listAudit', {
      agentId: agent.agentId,
      decision: 'deny',
    })
    const { page, context } = await open(`/audit?entry=${entries[0]?.id ?? ''}`)
    await page.getByRole('button', { name: 'What would allow this?' }).click()
    await page.getByRole('link', { name: 'Open in the editor' }).click()
    await page.getByText('The draft has a change that would allow a denied attempt.').waitFor()
    await save(page)
    expect((await stored(policyId)).version).toBe(2)
    expect(await send(agent, '/v2/notes')).toBe('200')
    await context.close()
  })

  it('puts a guard of what is granted into the draft, and takes it out again', async () => {
    const github = await vault.addConnection({
      service: 'github',
      label: 'GitHub',
      origins: ['https://api.github.com'],
    })
    const { agentId } = await vault.createAgentWithKey('Guarded')
    const { page, context } = await open(`/policies/new?agentId=${agentId}&connectionId=${github}`)
    await page.getByRole('checkbox', { name: 'Write issues' }).click()
    const guards = card(page, 'Guards')
    await guards.getByRole('button', { name: 'the guard of Write issues' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('radio', { name: /^Strict/ }).check()
    await dialog.getByRole('button', { name: 'Put it into the draft' }).click()
    await guards.getByText('Strict', { exact: true }).waitFor()
    await rules(page).getByText('Guard: Write issues, strict').first().waitFor()
    await guards.getByText('What it keeps back').click()
    await guards.getByText('By rule 1').waitFor()
    await rules(page).getByRole('button', { expanded: false }).first().click()
    await rules(page).getByText('From the strict guard of “Write issues”').waitFor()
    await rules(page)
      .getByRole('radio', { name: /^Do not ask/ })
      .check()
    await guards.getByText('1 changed').waitFor()
    await rules(page).getByText('something else happens than the preset says').waitFor()
    await rules(page).getByRole('button', { name: 'Put it back' }).click()
    await guards.getByText('1 changed').waitFor({ state: 'detached' })
    await guards.getByRole('button', { name: 'the guard of Write issues' }).click()
    await dialog.getByRole('radio', { name: /^No guard/ }).check()
    await dialog.getByRole('button', { name: 'Take it out of the draft' }).click()
    await guards.getByText('No guard', { exact: true }).waitFor()
    expect(await rules(page).getByText('Guard:').count()).toBe(0)
    await context.close()
  })

  it(
    'can be used by everyone, in both themes, on a phone, with a hundred rules, some of them of guards',
    async () => {
      const { policyId } = await writer('Crowded')
      const { allow } = await stored(policyId)
      await vault.owner.call('replacePolicy', {
        policyId,
        allow,
        rules: Array.from({ length: 100 }, (_, index) => ({
          ...(index === 0
            ? { id: 'gmail-send.external-recipients', preset: 'external-recipients@strict' }
            : { id: `rule-${index}` }),
          label: `${longLabel}${index}`,
          when: {
            query: [{ name: 'q', op: 'matches' as const, value: 'x'.repeat(200) }],
            body: [{ path: 'to[]', op: 'not_in' as const, value: ['a', 'b'] }],
            sensitive: { kinds: ['us_ssn' as const], custom: [{ name: 'own', pattern: '[0-9]+' }] },
          },
          then: (['deny', 'require_approval', 'redact'] as const)[index % 3] ?? 'deny',
        })),
        response: [{ id: 'answers', label: longLabel, redact: ['all'] }],
        limits: { perHour: 10, budget: { usdPerDay: 1 } },
      })
      const { page, context } = await open(`/policies/${policyId}`, { audit: true })
      await rules(page).getByRole('button', { expanded: false }).first().click()
      await rules(page).getByText('Kinds of your own').waitFor()
      await rules(page).getByText('From the strict guard of “Send mail”').waitFor()
      await card(page, 'Guards').getByText('What it keeps back').click()
      expect(await faultsInOppositeLooks(page)).toEqual([])
      await rules(page).getByRole('button', { name: 'Show all 100 rules' }).click()
      await rules(page).getByRole('button', { name: 'Remove rule 100' }).waitFor()
      await context.close()
    },
    looksMsMax,
  )
})
