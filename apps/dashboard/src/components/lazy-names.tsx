import { lazyPart } from './lazy-part.tsx'

// Names of the catalog for lists: the catalog itself comes after the list.

export const ServiceName = lazyPart(async () => (await import('./catalog-names.tsx')).ServiceName)
export const ActionName = lazyPart(async () => (await import('./catalog-names.tsx')).ActionName)
