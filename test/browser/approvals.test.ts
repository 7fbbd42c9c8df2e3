import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ApprovalScene, problemOf, startApprovalScene } from '../fixtures/approval-scene.ts'
import { addPerson, type Person } from '../fixtures/people.ts'
import { eventually } from '../fixtures/scene.ts'
import { hasChromium, startChromium } from './chromium.ts'
import { openPage } from './open-page.ts'

/** Others may be at work on the machine. */
const patient = { timeout: 15_000 }

// An owner decides what agents ask. Skipped where Chromium is not installed (Debian's package `chromium`).
describe.skipIf(!hasChromium)('the inbox', () => {
  let scene: ApprovalScene
  let browser: Browser

  beforeAll(async () => {
    ;[scene, browser] = await Promise.all([startApprovalScene(), startChromium()])
  })
  afterAll(async () => {
    await browser?.close()
    await scene?.stop()
  })

  const open = (path: string, person?: Person) =>
    openPage(browser, `${scene.vault.url}${path}`, {
      signedIn: person === undefined || { email: person.email, password: person.password },
    })
  const cards = (page: Page) => page.getByRole('article')
  /** A press that is not too quick for what has just appeared. */
  const press = async (page: Page, name: string) => {
    const button = page.getByRole('button', { name, exact: true }).first()
    await button.click({ trial: true })
    await page.waitForTimeout(700)
    await button.click()
  }

  it('shows a request as it arrives, and sends it once it is approved', async () => {
    const { execute, agent } = await scene.subject()
    const { page, context, said } = await open(`/approvals?agentId=${agent.agentId}`)
    await page.getByText('Nothing waits for you').waitFor()
    const answer = execute({
      body: { to: ['anna@example.com'], text: 'Dear Anna,\n\nyes.' },
      reason: 'Anna asked.',
      waitSeconds: 60,
    })
    const card = cards(page)
    await card.getByRole('heading', { name: 'wants to create or send something' }).waitFor()
    expect(await card.getByText(new URL(scene.upstream.origin).host).count()).toBeGreaterThan(0)
    await card.getByText('"anna@example.com"').waitFor()
    expect(await card.getByRole('figure').textContent()).toBe('The agent wroteAnna asked.')
    await press(page, 'Approve')
    expect(await answer).toMatchObject({ status: 200 })
    expect(scene.upstream.requests.at(-1)?.body.toString()).toContain('anna@example.com')
    await card.getByText('Approved and used.').waitFor()
    await card.getByRole('link', { name: 'See the attempt' }).click()
    await page.waitForURL(/\/audit\?entry=aud_/)
    expect(said).toEqual([])
    await context.close()
  })

  it('denies with a word to the agent, which gets it', async () => {
    const { ask, redeem, agent } = await scene.subject()
    const { approvalRequestId } = await ask()
    const { page, context } = await open(`/approvals?agentId=${agent.agentId}`)
    await press(page, 'Deny…')
    await page.getByLabel('Note to the agent').fill('Not on a Sunday.')
    await page.keyboard.press('Enter')
    await cards(page).getByText('Denied. It will not be sent.').waitFor()
    await expect(redeem(approvalRequestId)).rejects.toThrow('Not on a Sunday.')
    await context.close()
  })

  it('takes back what was approved and not sent', async () => {
    const { ask, redeem, agent } = await scene.subject()
    const { approvalRequestId } = await ask()
    await scene.approve(approvalRequestId)
    const { page, context } = await open(`/approvals?status=approved&agentId=${agent.agentId}`)
    await press(page, 'Take back…')
    await page.getByRole('button', { name: 'Take back', exact: true }).click()
    await cards(page).getByText('Denied. It will not be sent.').waitFor()
    expect(await problemOf(redeem(approvalRequestId))).toBe('approval-denied')
    await context.close()
  })

  it('approves nothing that is not on the screen', async () => {
    const { ask, agent } = await scene.subject()
    await ask()
    const { page, context } = await open('/agents')
    let letThrough = () => {}
    const held = new Promise<void>((resolve) => {
      letThrough = resolve
    })
    await page.route(/\/api\/v1\/approvals\/apr_/, async (route) => {
      await held
      await route.continue()
    })
    await page.goto(`${scene.vault.url}/approvals?agentId=${agent.agentId}`)
    const approve = page.getByRole('button', { name: 'Approve', exact: true })
    await approve.waitFor()
    expect(await approve.isDisabled()).toBe(true)
    await page.getByText('not on the screen yet').waitFor()
    letThrough()
    await expect.poll(() => approve.isDisabled(), patient).toBe(false)
    await context.close()
  })

  it('moves no card for what comes later: it is announced, and shown when it is asked for', async () => {
    const { ask, agent } = await scene.subject()
    await ask()
    const { page, context } = await open(`/approvals?agentId=${agent.agentId}`)
    const approve = page.getByRole('button', { name: 'Approve', exact: true }).first()
    await expect.poll(() => approve.isEnabled(), patient).toBe(true)
    const before = await approve.boundingBox()
    await ask({ body: 'the second' })
    await ask({ body: 'the third' })
    const show = page.getByRole('button', { name: 'Show 2 new' })
    await show.waitFor()
    expect(await approve.boundingBox()).toEqual(before)
    expect(await cards(page).count()).toBe(1)
    await show.click()
    await expect.poll(() => cards(page).count(), patient).toBe(3)
    // What is under the pointer has only just come there: too short ago to be meant.
    await approve.evaluate(async (button: HTMLButtonElement) => {
      while (button.disabled) await new Promise(requestAnimationFrame)
      button.click()
    })
    await page.getByText('the press was not counted').first().waitFor()
    const { approvals } = await scene.vault.owner.call('listApprovals', {
      agentId: agent.agentId,
    })
    expect(approvals.map(({ status }) => status)).toEqual(['pending', 'pending', 'pending'])
    await context.close()
  })

  it('tells at once that somebody else has decided, and then offers nothing', async () => {
    const { ask } = await scene.subject()
    const { approvalRequestId } = await ask()
    const { page, context } = await open(`/approvals/${approvalRequestId}`)
    await expect
      .poll(() => page.getByRole('button', { name: 'Approve', exact: true }).isEnabled(), patient)
      .toBe(true)
    await scene.deny(approvalRequestId, 'by another')
    await page.getByText('Note to the agent: by another').waitFor()
    expect(await page.getByRole('button', { name: /^Approve/ }).count()).toBe(0)
    await context.close()
  })

  it('expires on the screen, and by the vault’s clock alone', async () => {
    const { ask } = await scene.subject()
    const { approvalRequestId } = await ask()
    const { page, context } = await openPage(browser, `${scene.vault.url}/agents`, {
      signedIn: true,
      once: true,
    })
    await page.clock.install()
    await page.goto(`${scene.vault.url}/approvals/${approvalRequestId}`)
    await page.getByText(/\d+ min left/).waitFor()
    // This computer is an hour ahead: the vault says that there is time.
    await page.clock.fastForward(3_600_000)
    await page.getByText('left', { exact: false }).first().waitFor({ state: 'detached' })
    await expect
      .poll(() => page.getByRole('button', { name: 'Approve', exact: true }).isEnabled(), patient)
      .toBe(true)
    await scene.admin`update approvals set expires_at = now() - interval '1 second' where id = ${approvalRequestId}`
    await page.reload()
    await page.getByText('Expired. It will not be sent.').waitFor()
    expect(await page.getByRole('button', { name: /^Approve/ }).count()).toBe(0)
    await context.close()
  })

  it('says how a request differs from the last one that was sent, and where', async () => {
    const { ask, redeem, agent } = await scene.subject()
    const first = await ask({ body: { to: 'anna@example.com', text: 'hello' } })
    await scene.approve(first.approvalRequestId)
    await redeem(first.approvalRequestId)
    await ask({ body: { to: 'anna@example.com', text: 'hello' } })
    const { page, context } = await open(`/approvals?agentId=${agent.agentId}`)
    await page.getByText('Same, byte for byte').waitFor()
    await ask({ body: { to: 'thief@example.com', text: 'hello' } })
    await page.getByRole('button', { name: 'Show 1 new' }).click()
    await page.getByText('Not the same as').waitFor()
    await page.getByText('"to": "thief@example.com",changed').waitFor()
    await context.close()
  })

  it('needs two people where the policy says so, and says who still has to', async () => {
    const { ask, agent } = await scene.subject({ approvalOptions: { secondOwner: true } })
    const { approvalRequestId } = await ask()
    const second = await addPerson(scene.vault, 'approver')
    const first = await open(`/approvals/${approvalRequestId}`)
    await first.page.getByText('Two people have to approve this.').waitFor()
    await press(first.page, 'Approve')
    await first.page.getByText('You have approved; a second person has to.').waitFor()
    expect(
      await first.page.getByRole('button', { name: 'Approve', exact: true }).isDisabled(),
    ).toBe(true)
    const other = await open(`/approvals?agentId=${agent.agentId}`, second)
    await other.page.getByText('Yours is the second answer.').waitFor()
    await press(other.page, 'Approve')
    await first.page.getByText('Approved. The agent can send it once.').waitFor()
    await Promise.all([first.context.close(), other.context.close()])
  })

  it('asks who it is where the policy wants that fresh, and then goes on', async () => {
    const { ask } = await scene.subject({ approvalOptions: { freshSignIn: true } })
    const { approvalRequestId } = await ask()
    const person = await addPerson(scene.vault, 'approver')
    const { page, context } = await open(`/approvals/${approvalRequestId}`, person)
    await scene.admin`update sessions set authenticated_at = now() - interval '1 hour' where owner_id = ${person.id}`
    await press(page, 'Approve')
    const dialog = page.getByRole('dialog', { name: 'Confirm that it is you' })
    await dialog.getByLabel('Password').fill(person.password)
    await page.keyboard.press('Enter')
    await page.getByText('Approved. The agent can send it once.').waitFor()
    await context.close()
  })

  it('shows all to those who may only look, and tells them why they can not decide', async () => {
    const { ask } = await scene.subject()
    const { approvalRequestId } = await ask()
    const auditor = await addPerson(scene.vault, 'auditor')
    const { page, context } = await open(`/approvals/${approvalRequestId}`, auditor)
    await page.getByText('Your role can see what agents ask and not decide it.').waitFor()
    expect(await page.getByText('"text": "hello"').isVisible()).toBe(true)
    expect(await page.getByRole('button', { name: /Approve|Deny/ }).count()).toBe(0)
    await context.close()
  })

  it('decides nothing without a network, and says so', async () => {
    const { ask } = await scene.subject()
    const { approvalRequestId } = await ask()
    const { page, context } = await open(`/approvals/${approvalRequestId}`)
    await page.getByRole('button', { name: 'Approve', exact: true }).waitFor()
    await context.setOffline(true)
    await page.getByText('Deciding is possible again when the network is back.').waitFor()
    expect(await page.getByRole('button', { name: /Approve|Deny/ }).count()).toBe(0)
    await context.setOffline(false)
    await page.getByRole('button', { name: 'Approve', exact: true }).waitFor()
    await context.close()
  })

  it('approves several after all of them were shown', async () => {
    const { ask, agent } = await scene.subject()
    for (const text of ['one', 'two', 'three']) await ask({ body: { text } })
    const { page, context } = await open(`/approvals?agentId=${agent.agentId}`)
    await page.getByLabel('Select', { exact: true }).nth(0).check()
    await page.getByLabel('Select', { exact: true }).nth(1).check()
    await page.getByRole('button', { name: 'Look at them and approve…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('"text": "three"').waitFor()
    await dialog.getByText('"text": "two"').waitFor()
    await dialog.getByRole('button', { name: 'Approve 2' }).click()
    const statuses = async () =>
      (await scene.vault.owner.call('listApprovals', { agentId: agent.agentId })).approvals.map(
        ({ status }) => status,
      )
    expect(
      await eventually(
        async () => (await statuses()).join() === 'approved,approved,pending',
        10_000,
      ),
    ).toBe(true)
    await dialog.getByRole('button', { name: 'Close' }).first().click()
    expect(await cards(page).count()).toBe(3)
    await context.close()
  })
})
