import { pathToOpen, readPush } from './push-message.ts'

// What the dashboard's service worker does: shows what was pushed and opens what it is about. It keeps no page and asks the
// vault for nothing.

/** Of `ServiceWorkerGlobalScope`, what this one uses. */
export interface WorkerScope {
  readonly location: { readonly origin: string }
  readonly registration: {
    showNotification(title: string, options: NotificationOptions): Promise<void>
  }
  readonly clients: {
    matchAll(options: {
      type: 'window'
      includeUncontrolled: true
    }): Promise<readonly WorkerWindow[]>
    openWindow(url: string): Promise<unknown>
  }
  skipWaiting(): Promise<void>
}

export interface WorkerWindow {
  readonly url: string
  focus(): Promise<unknown>
}

interface Pushed {
  text(): string
}
interface Clicked {
  readonly data: unknown
  close(): void
}

const icon = '/icon-192.png'
const brokenTitle = 'This browser is told no longer'
const brokenBody = 'Its subscription ended. Open the settings to set it up again.'
const settingsPath = '/settings/notifications'

/** Builds what the events of the worker are answered with. */
export function createWorker({ location, registration, clients }: WorkerScope) {
  return {
    /** Shows a message. One that cannot be read is shown too: a browser takes the right away from who is pushed to and shows nothing. */
    async push(data: Pushed | null): Promise<void> {
      const { title, body, path, tag, urgent } = readPush(data?.text() ?? '', location.origin)
      await registration.showNotification(title, {
        ...{ body, icon, badge: icon, data: { path }, requireInteraction: urgent },
        ...(tag !== undefined && { tag, renotify: true }),
      })
    },

    /**
     * Opens the page that the message is about. A tab that shows it already comes to the front; no other is led away from what
     * somebody may have begun there. It only opens: nothing is decided.
     */
    async click(notification: Clicked): Promise<void> {
      notification.close()
      const url = new URL(pathToOpen(notification.data), location.origin).href
      const windows = await clients.matchAll({ type: 'window', includeUncontrolled: true })
      const open = windows.find((one) => one.url === url)
      await (open === undefined ? clients.openWindow(url) : open.focus())
    },

    /** A new subscription takes a person who signs in afresh: all that can be done here is to say so. */
    async subscriptionEnded(): Promise<void> {
      await registration.showNotification(brokenTitle, {
        ...{ body: brokenBody, icon, badge: icon, tag: 'subscription-ended' },
        data: { path: settingsPath },
      })
    },
  }
}
