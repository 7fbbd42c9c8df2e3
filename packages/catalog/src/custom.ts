import type { Provider, Service } from './schema.ts'

const documentation = 'https://developer.mozilla.org/en-US/docs/Web/HTTP'

/** Whoever no entry of the catalog describes. */
export const customProvider: Provider = { id: 'custom', name: 'Custom', documentation }

/** What no entry of the catalog describes: the owner names the origins, and there are no action templates. */
export const customService: Service = {
  id: 'custom',
  name: 'Custom API',
  provider: 'custom',
  category: 'other',
  icon: 'custom',
  singleton: false,
  origins: [],
  requestHeaders: [],
  responseHeaders: [],
  allowEncodedSlash: false,
  credentials: [],
  documentation,
  actions: [],
}
