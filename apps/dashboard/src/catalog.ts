import { createCatalog } from '@sallyport/catalog'

/**
 * The catalog, checked once. It comes with every schema of policies: a page that only shows names takes them from
 * components/catalog-names.tsx, which is loaded when the page has something to show.
 */
export const catalog = createCatalog()
