import { createECDH } from 'node:crypto'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HttpReceiver, startHttpReceiver } from '../fixtures/http-receiver.ts'
import { startVault, type TestVault } from '../fixtures/vault.ts'
import { findAccessibilityFaults, hasWholeChromium, startChromium } from './chromium.ts'
import { type OpenOptions, openPage, overflowOf } from './open-page.ts'

const place = '/settings/notifications'
const botToken = '123456789:AAabcdefghijklmnopqrstuvwxyz'
/** Longer than the page waits for a subscription, in milliseconds of its own clock. */
const longMs = 25_000

// Skipped where Chromium is not installed (Debian's package `chromium`).
describe.skipIf(!hasWholeChromium)('being told, set up in the dashboard', () => {
  let vault: TestVault
  let browser: Browser
  let receiver: HttpReceiver

  beforeAll(async () => {
    ;[vault, browser, receiver] = await Promise.all([
      startVault(),
      startChromium({ whole: true }),
      startHttpReceiver(),
    ])
  })
  afterAll(async () => {
    await browser?.close()
    await vault?.stop()
    await receiver?.close()
  })

  const open = (path: string, options: OpenOptions = {}) =>
    openPage(browser, `${vault.url}${path}`, { signedIn: true, ...options })
  const checkLook = async (page: Page) => {
    expect(await findAccessibilityFaults(page)).toEqual([])
    expect(await overflowOf(page)).toBe(0)
  }

  it('takes a webhook on a phone, shows its secret once, tests it, and ends it', async () => {
    const { page, context, said } = await open(place, { phone: true, audit: true })
    await page.getByText('None yet').waitFor()
    await checkLook(page)
    await page.getByRole('link', { name: 'Add a channel' }).click()
    await page.getByRole('link', { name: 'Add Webhook' }).click()
    await page.getByLabel('URL').fill('https://10.0.0.1/hook')
    await page.getByRole('button', { name: 'Add the channel' }).click()
    await page.locator('[aria-invalid="true"]').waitFor()
    await checkLook(page)
    await page.getByLabel('URL').fill(`${receiver.origin}/hook`)
    await page.getByLabel('What you call it').fill('Pager')
    await page.getByRole('button', { name: 'Add the channel' }).click()
    await page.getByText(/^whsec_/).waitFor()
    const secret = (await page.getByText(/^whsec_/).textContent()) ?? ''
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('button', { name: 'Send a test to Pager' }).click()
    await page.getByText('It was taken.').waitFor()
    expect(receiver.at('/hook')).toHaveLength(1)
    receiver.answer = () => ({ status: 500, body: 'It <b>failed</b> \u202e' })
    await page.getByRole('button', { name: 'Send a test to Pager' }).click()
    await page.getByText('It did not arrive.').waitFor()
    await page.getByText('Failing').waitFor()
    const log = page.getByRole('table', { name: 'What was sent' })
    await log.getByText('HTTP 500: It <b>failed</b>').waitFor()
    await log.getByText('Delivered').waitFor()
    await checkLook(page)
    await page.reload()
    await log.getByText('Failed', { exact: true }).waitFor()
    expect(await page.content()).not.toContain(secret)
    receiver.answer = () => ({ status: 200 })
    await page.getByRole('button', { name: 'Turn off' }).click()
    await page.getByText('Turned off').first().waitFor()
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByText('None yet').waitFor()
    await page.getByText('Nothing was sent').waitFor()
    expect(said).toEqual([])
    await context.close()
  })

  it('links an account in Telegram by a link and one in Slack by a code', async () => {
    let start: string | undefined
    let code = ''
    const json = (body: object) => ({ status: 200, body: JSON.stringify(body) })
    receiver.answer = ({ path, body }) => {
      code = /link[^:]*: (\d+ \d+)/.exec(body)?.[1] ?? code
      if (path.endsWith('/getMe')) return json({ ok: true, result: { id: 1, username: 'my_bot' } })
      if (!path.endsWith('/getUpdates'))
        return json({ ok: true, ts: '1.2', channel: 'D1', result: {} })
      const from = { id: 4711, username: 'ann' }
      const message = { from, chat: { id: 4711, type: 'private' }, text: `/start ${start}` }
      return json({ ok: true, result: start === undefined ? [] : [{ update_id: 7, message }] })
    }
    const { page, context, said } = await open(`${place}?add=telegram`)
    await page.getByText('Advanced').click()
    await page.getByLabel('The bot’s token').fill(botToken)
    await page.getByLabel('Server').fill(receiver.origin)
    await page.getByRole('button', { name: 'Add the channel' }).click()
    await page.getByText('Nothing is sent until your account is linked.').waitFor()
    expect(await page.getByRole('button', { name: /^Send a test/ }).isDisabled()).toBe(true)
    await page.getByRole('button', { name: 'Link the account' }).click()
    const link = page.getByRole('link', { name: /Open the bot/ })
    start = new URL((await link.getAttribute('href')) ?? '').searchParams.get('start') ?? ''
    // The page says by itself when somebody has pressed Start there.
    await page.getByText('Linked.').waitFor()
    await page.getByText('Approve and deny from there').waitFor()

    await page.goto(`${vault.url}${place}?add=slack-app`)
    await page.getByText('Advanced').click()
    await page.getByLabel('Bot User OAuth Token').fill('xoxb-123456789')
    await page.getByLabel('Signing Secret', { exact: true }).fill('0123456789abcdef')
    await page.getByLabel('Your member ID').fill('U012AB3CD')
    await page.getByLabel('Server').fill(receiver.origin)
    await page.getByRole('button', { name: 'Add the channel' }).click()
    await page.getByText('links and no buttons until').waitFor()
    await page.getByRole('button', { name: 'Link the account' }).click()
    await page.getByText('Slack cannot reach this vault').waitFor()
    await page.getByLabel('Code').fill('0000 0000')
    await page.getByRole('button', { name: 'Link', exact: true }).click()
    await page.locator('[aria-invalid="true"]').waitFor()
    await page.getByLabel('Code').fill(code)
    await page.getByRole('button', { name: 'Link', exact: true }).click()
    await page.getByText('Linked.', { exact: true }).waitFor()
    expect(said).toEqual([])
    await context.close()
  })

  it('turns on this browser, says whose it is, and turns it off', async () => {
    receiver.answer = () => ({ status: 201 })
    const { page, context } = await openWithPush()
    await page.getByRole('button', { name: 'Turn on' }).click()
    await page.getByText('It is on, as').waitFor()
    await page.getByRole('button', { name: /^Send a test to Chrom/ }).click()
    await page.getByText('It was taken.').waitFor()
    expect(receiver.at('/push')[0]?.headers).toMatchObject({ 'content-encoding': 'aes128gcm' })
    // Its push service has forgotten it: the vault ends the channel, and another takes its place.
    receiver.answer = () => ({ status: 410 })
    await page.getByRole('button', { name: /^Send a test to Chrom/ }).click()
    await page.getByText('This browser is told no longer.').waitFor()
    receiver.answer = () => ({ status: 201 })
    await page.getByRole('button', { name: 'Set it up again' }).click()
    await page.getByText('It is on, as').waitFor()
    await expect.poll(() => page.getByText('Gone', { exact: true }).count()).toBe(0)
    await page.getByRole('button', { name: 'Turn off' }).click()
    await page.getByText('It is off.').waitFor()
    await expect
      .poll(() => page.getByRole('button', { name: /^Send a test to Chrom/ }).count())
      .toBe(0)
    await context.close()
  })

  it('says why a browser cannot be told: forbidden, without push, or without an answer', async () => {
    const denied = await openWithPush({ permissions: [] })
    await denied.page.getByText('The browser forbids notifications of this page.').waitFor()
    await denied.context.close()
    const without = await openWithPush({ push: 'none' })
    await without.page.getByText('This browser cannot be pushed to.').waitFor()
    await without.context.close()
    const silent = await openWithPush({ push: 'silent' })
    await silent.page.clock.install()
    await silent.page.getByRole('button', { name: 'Turn on' }).click()
    await silent.page.waitForFunction(() => 'asked' in window)
    await silent.page.clock.fastForward(longMs)
    await silent.page.getByText('The browser could not subscribe.').waitFor()
    await silent.page.getByText('It is off.').waitFor()
    await silent.context.close()
  })

  it('shows what is pushed, and a click opens the page it is about and no more', async () => {
    const { page, context, said } = await openWithPush()
    await page.getByRole('button', { name: 'Turn on' }).click()
    await page.getByText('It is on, as').waitFor()
    const push = await pushesOf(context, page)
    const shown = () =>
      page.evaluate(async () =>
        (await (await navigator.serviceWorker.ready).getNotifications()).map(({ title }) => title),
      )
    await push({ title: 'robot asks', url: `${vault.url}/approvals/apr_1`, tag: 'apr_1' })
    await expect.poll(shown).toEqual(['robot asks'])
    expect(await clickOn(context)).toEqual([`${vault.url}/approvals/apr_1`])
    await push({ title: 'elsewhere', url: 'https://evil.example/approvals/apr_1' })
    await expect.poll(shown).toEqual(['elsewhere'])
    expect(await clickOn(context)).toEqual([`${vault.url}/`])
    expect(said).toEqual([])
    await context.close()
  })

  interface PushOptions {
    readonly permissions?: string[]
    /** `silent`: as where the push service cannot be reached. Chromium has none here, so another takes its place. */
    readonly push?: 'works' | 'silent' | 'none'
  }

  /** The page, in a browser with a push service of ours. */
  async function openWithPush({
    permissions = ['notifications'],
    push = 'works',
  }: PushOptions = {}) {
    const opened = await open('/settings/account', { once: true })
    await opened.context.grantPermissions(permissions)
    const key = createECDH('prime256v1').generateKeys().toString('base64url')
    const auth = Buffer.alloc(16, 7).toString('base64url')
    const given = { endpoint: `${receiver.origin}/push`, keys: { p256dh: key, auth }, push }
    await opened.page.addInitScript(standInForPush, given)
    await opened.page.goto(`${vault.url}${place}`)
    return opened
  }
})

interface StandIn {
  readonly endpoint: string
  readonly keys: object
  readonly push: 'works' | 'silent' | 'none'
}

/** Runs in the page, in place of the browser's own subscriptions. */
function standInForPush({ endpoint, keys, push }: StandIn): void {
  if (push === 'none') {
    Reflect.deleteProperty(window, 'PushManager')
    return
  }
  let current: object | null = null
  const unsubscribe = async () => {
    current = null
    return true
  }
  Object.assign(PushManager.prototype, {
    getSubscription: async () => current,
    subscribe: () => {
      Object.assign(window, { asked: true })
      if (push === 'silent') return new Promise(() => undefined)
      current = { endpoint, unsubscribe, toJSON: () => ({ endpoint, keys }) }
      return Promise.resolve(current)
    },
  })
}

/** Hands messages to the worker as a push service does. */
async function pushesOf(context: BrowserContext, page: Page) {
  const devtools = await context.newCDPSession(page)
  const registered = new Promise<{ scopeURL: string; registrationId: string }>((resolve) =>
    devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations: [first] }) => {
      if (first !== undefined) resolve(first)
    }),
  )
  await devtools.send('ServiceWorker.enable')
  const { scopeURL, registrationId } = await registered
  const origin = new URL(scopeURL).origin
  return (message: object) =>
    devtools.send('ServiceWorker.deliverPushMessage', {
      ...{ origin, registrationId, data: JSON.stringify(message) },
    })
}

/** Of a service worker, which the types of pages do not know. */
interface WorkerScope extends EventTarget {
  readonly clients: { openWindow: (url: string) => Promise<null> }
  readonly registration: Pick<ServiceWorkerRegistration, 'getNotifications'>
  readonly NotificationEvent: new (type: string, init: { notification: Notification }) => Event
}

/** Presses the notification that is shown; answers what the worker opened. Only a person's press may really open a window. */
async function clickOn(context: BrowserContext): Promise<string[]> {
  const [worker] = context.serviceWorkers()
  if (worker === undefined) throw new Error('There is no service worker.')
  return worker.evaluate(async () => {
    const scope = globalThis as unknown as WorkerScope
    const opened: string[] = []
    scope.clients.openWindow = async (url) => {
      opened.push(url)
      return null
    }
    const [notification] = await scope.registration.getNotifications()
    if (notification === undefined) return opened
    scope.dispatchEvent(new scope.NotificationEvent('notificationclick', { notification }))
    await new Promise((resolve) => setTimeout(resolve, 100))
    return opened
  })
}
