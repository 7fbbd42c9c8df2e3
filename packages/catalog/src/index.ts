export { type Catalog, type CatalogAction, createCatalog } from './catalog.ts'
export { customService } from './custom.ts'
export { lackingScopes } from './lacking-scopes.ts'
export { nearestNames } from './nearest.ts'
export {
  type CredentialSlot,
  type OAuthProvider,
  type Provider,
  type Service,
  serviceCategories,
} from './schema.ts'
