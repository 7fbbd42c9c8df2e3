import { createWorker } from './worker.ts'

// Served as /sw.js: built by itself, into one file without imports.

declare const self: ServiceWorkerGlobalScope

const worker = createWorker(self)

// It serves no page, so a newer one need not wait until the pages of the older are closed.
self.addEventListener('install', (event) => event.waitUntil(self.skipWaiting()))
self.addEventListener('push', (event) => event.waitUntil(worker.push(event.data)))
self.addEventListener('notificationclick', (event) =>
  event.waitUntil(worker.click(event.notification)),
)
self.addEventListener('pushsubscriptionchange', (event) => {
  // In TypeScript's library a plain Event, whatever browsers send.
  if ('waitUntil' in event) (event as ExtendableEvent).waitUntil(worker.subscriptionEnded())
})
