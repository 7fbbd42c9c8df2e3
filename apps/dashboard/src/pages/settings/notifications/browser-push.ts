import { findNoPush, type NoPush } from './push-support.ts'

// What this browser itself knows of being told: its permission, its subscription, and which channel that belongs to.

const workerPath = '/sw.js'
const storageKey = 'sallyport.push'
const subscribeMsMax = 20_000

/** A subscription and the channel that was made of it. */
interface Known {
  readonly endpoint: string
  readonly channelId: string
}

/**
 * `no`: it cannot. `denied`: the person forbade it. `off`: there is no subscription. `on`: there is one, of this channel; without
 * one where it is not known whose it is.
 */
export type BrowserState =
  | { readonly is: 'no'; readonly why: NoPush }
  | { readonly is: 'denied' }
  | { readonly is: 'off' }
  | { readonly is: 'on'; readonly channelId: string | undefined }

/** What `createNotificationChannel` takes as a target. */
export interface PushTarget {
  readonly kind: 'web-push'
  readonly endpoint: string
  readonly keys: { readonly p256dh: string; readonly auth: string }
}

/** How this browser stands. Asks nobody for anything, and installs nothing. */
export async function readBrowserState(): Promise<BrowserState> {
  const why = findNoPush({
    isSecure: window.isSecureContext,
    hasServiceWorker: 'serviceWorker' in navigator,
    hasPush: 'PushManager' in window && 'Notification' in window,
    userAgent: navigator.userAgent,
    touchPoints: navigator.maxTouchPoints,
  })
  if (why !== undefined) return { is: 'no', why }
  if (Notification.permission === 'denied') return { is: 'denied' }
  const subscription = await findSubscription()
  if (subscription === null) return { is: 'off' }
  const known = readKnown()
  const isKnown = known?.endpoint === subscription.endpoint
  return { is: 'on', channelId: isKnown ? known.channelId : undefined }
}

/**
 * Asks for the permission, installs the worker and subscribes with the workspace's key. To be called from a click. What was
 * subscribed before is ended first: it may be another person's. Undefined where the person did not allow it. Throws where the
 * browser cannot, and where it does not say in time whether it can: without its push service some try for ever.
 */
export async function subscribeBrowser(publicKey: string): Promise<PushTarget | undefined> {
  if ((await Notification.requestPermission()) !== 'granted') return undefined
  let isLate = false
  const subscribing = subscribe(publicKey).then(async (subscription) => {
    // Nobody waits for it any more, so nobody would be told by it.
    if (isLate) await subscription.unsubscribe()
    return subscription
  })
  const deadline = new Promise<undefined>((resolve) => setTimeout(resolve, subscribeMsMax))
  const subscription = await Promise.race([subscribing, deadline])
  isLate = true
  if (subscription === undefined) throw new Error('The push service did not answer')
  const { endpoint, keys } = subscription.toJSON()
  if (endpoint === undefined || keys?.p256dh === undefined || keys.auth === undefined) {
    throw new Error('The browser answered with a subscription without keys')
  }
  return { kind: 'web-push', endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } }
}

async function subscribe(applicationServerKey: string): Promise<PushSubscription> {
  // The types of the DOM know text alone; where Trusted Types hold, text is refused.
  await navigator.serviceWorker.register(workerUrl() as unknown as string, {
    updateViaCache: 'none',
  })
  const { pushManager } = await navigator.serviceWorker.ready
  await (await pushManager.getSubscription())?.unsubscribe()
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey })
}

/** Remembers which channel was made of the subscription. */
export const rememberChannel = (known: Known): void =>
  localStorage.setItem(storageKey, JSON.stringify(known))

/** Ends the subscription of this browser: whoever still sends is told that it is gone. */
export async function unsubscribeBrowser(): Promise<void> {
  await (await findSubscription())?.unsubscribe()
  localStorage.removeItem(storageKey)
}

async function findSubscription(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration('/')
  return (await registration?.pushManager.getSubscription()) ?? null
}

function readKnown(): Known | undefined {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(storageKey) ?? 'null')
    const isKnown =
      typeof value === 'object' &&
      value !== null &&
      'endpoint' in value &&
      'channelId' in value &&
      typeof value.endpoint === 'string' &&
      typeof value.channelId === 'string'
    return isKnown ? (value as Known) : undefined
  } catch {
    return undefined
  }
}

interface TrustedTypesWindow {
  readonly trustedTypes?: {
    createPolicy(
      name: string,
      rules: { createScriptURL(url: string): string },
    ): { createScriptURL(url: string): unknown }
  }
}

/** The address of the worker, as the page's policy wants it: the one policy there may be makes this address and no other. */
const workerUrl = onceOnly(() => {
  const { trustedTypes } = window as TrustedTypesWindow
  if (trustedTypes === undefined) return workerPath
  return trustedTypes
    .createPolicy('service-worker', { createScriptURL: () => workerPath })
    .createScriptURL(workerPath)
})

/** A policy of a name can be made once. */
function onceOnly<Value>(make: () => Value): () => Value {
  const made: Value[] = []
  return () => {
    const [first = make()] = made
    if (made.length === 0) made.push(first)
    return first
  }
}
