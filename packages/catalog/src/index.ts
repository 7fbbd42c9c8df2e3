export { type Catalog, type CatalogAction, createCatalog } from './catalog.ts'
export { customService } from './custom.ts'
export { expandGuard, guardRulePrefix } from './guards/expand-guard.ts'
export type { GuardPreset } from './guards/guard-preset.ts'
export { guardPresets } from './guards/presets.ts'
export { lackingScopes } from './lacking-scopes.ts'
export { fillServer, type McpServerInput } from './mcp-config/fill-server.ts'
export type { McpConfigForm } from './mcp-config/find-servers.ts'
export { findKeyInArguments } from './mcp-config/key-in-arguments.ts'
export { findKeyInAddress, isKeyName, looksLikeKey } from './mcp-config/known-keys.ts'
export {
  isMcpConfig,
  type McpConfigReading,
  type ReadVariable,
  readMcpConfig,
} from './mcp-config/read-mcp-config.ts'
export type { PlainSecret, ReadServer, ServerDraft } from './mcp-config/server-draft.ts'
export type { ListPrice, ModelEndpoint, ModelMeter, UsageShape } from './models/model-meter.ts'
export { createModelMeters } from './models/model-meters.ts'
export { matchesModel } from './models/validate-meters.ts'
export { nearestNames } from './nearest.ts'
export {
  type CredentialSlot,
  type OAuthProvider,
  type Provider,
  type Service,
  serviceCategories,
} from './schema.ts'
export type { CatalogTemplate } from './toolsets/catalog-template.ts'
export { toolsetTemplates } from './toolsets/templates.ts'
