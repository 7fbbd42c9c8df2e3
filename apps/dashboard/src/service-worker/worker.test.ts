import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pathToOpen, readPush } from './push-message.ts'
import { createWorker, type WorkerScope } from './worker.ts'

const origin = 'https://vault.example.com'

/** A browser with these windows open, which remembers what was done. */
function browserWith(...urls: string[]) {
  const done: unknown[] = []
  const scope: WorkerScope = {
    location: { origin },
    registration: {
      showNotification: async (title, options) => void done.push(['show', title, options]),
    },
    clients: {
      matchAll: async () =>
        urls.map((url) => ({ url, focus: async () => done.push(['focus', url]) })),
      openWindow: async (url) => done.push(['open', url]),
    },
    skipWaiting: async () => undefined,
  }
  return { worker: createWorker(scope), done }
}
const pushed = (value: unknown) => ({ text: () => JSON.stringify(value) })
const clicked = (data: unknown) => ({ data, close: () => undefined })

describe('the service worker', () => {
  it('shows what the vault sent, and an urgent message until somebody looks at it', async () => {
    const { worker, done } = browserWith()
    const url = `${origin}/approvals/apr_1`
    await worker.push(pushed({ title: 'T', body: 'B', url, tag: 'apr_1', urgent: true }))
    expect(done).toEqual([
      [
        'show',
        'T',
        expect.objectContaining({
          ...{ body: 'B', tag: 'apr_1', requireInteraction: true },
          data: { path: '/approvals/apr_1' },
        }),
      ],
    ])
  })

  it('shows something whatever was pushed', async () => {
    for (const data of [
      null,
      { text: () => 'no JSON' },
      pushed(null),
      pushed([]),
      pushed({ title: 7 }),
    ]) {
      const { worker, done } = browserWith()
      await worker.push(data)
      expect(done).toMatchObject([
        ['show', 'Something happened in Sallyport', { data: { path: '/' } }],
      ])
    }
  })

  it('opens the page of a message, or brings the tab to the front that shows it', async () => {
    const other = `${origin}/policies/new`
    const page = `${origin}/approvals/apr_1`
    const away = browserWith(other)
    await away.worker.click(clicked({ path: '/approvals/apr_1' }))
    expect(away.done).toEqual([['open', page]])
    const there = browserWith(other, page)
    await there.worker.click(clicked({ path: '/approvals/apr_1' }))
    expect(there.done).toEqual([['focus', page]])
  })

  it('leads nowhere but to this vault, whatever a message says', () => {
    const urls = fc.oneof(
      fc.webUrl(),
      fc.string(),
      fc.constantFrom(
        ...[
          '//evil.example/x',
          `${origin}//evil.example`,
          `${origin}/\\evil.example`,
          'javascript:alert(1)',
        ],
        ...[
          `${origin}@evil.example/`,
          `${origin}.evil.example/`,
          'data:text/html,x',
          `blob:${origin}/1`,
        ],
      ),
    )
    const isHere = (path: string) => new URL(path, origin).origin === origin
    fc.assert(
      fc.property(
        urls,
        (url) =>
          isHere(readPush(JSON.stringify({ title: 'T', url }), origin).path) &&
          isHere(pathToOpen({ path: url })),
      ),
    )
    expect(pathToOpen(undefined)).toBe('/')
    expect(readPush(JSON.stringify({ title: 'T', url: `${origin}/a?b=1#c` }), origin).path).toBe(
      '/a?b=1#c',
    )
  })

  it('says that the subscription ended, and where to set it up again', async () => {
    const { worker, done } = browserWith()
    await worker.subscriptionEnded()
    expect(done).toMatchObject([
      ['show', expect.any(String), { data: { path: '/settings/notifications' } }],
    ])
  })
})
