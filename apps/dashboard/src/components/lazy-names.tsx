import { lazyPart } from './lazy-part.tsx'

// Names of the catalog for lists: they come after the list.

export const ServiceName = lazyPart(async () => (await import('./catalog-names.tsx')).ServiceName)
export const ProviderName = lazyPart(async () => (await import('./catalog-names.tsx')).ProviderName)
export const ActionName = lazyPart(async () => (await import('./catalog-names.tsx')).ActionName)
