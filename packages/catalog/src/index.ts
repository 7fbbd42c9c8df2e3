export { type Catalog, type CatalogAction, createCatalog, customService } from './catalog.ts'
export { nearestNames } from './nearest.ts'
export type { Service } from './schema.ts'
