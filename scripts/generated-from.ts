// What the generated documents are made from; generate.mjs bundles and reads it.
export { operations, policyFileSchema, toOpenApi } from '@sallyport/contracts'
export { configVariables } from '../apps/vault/src/config-variables.ts'
export { createCatalog } from '../packages/catalog/src/catalog.ts'
export { expandGuard } from '../packages/catalog/src/guards/expand-guard.ts'
export { guardPresets } from '../packages/catalog/src/guards/presets.ts'
export { createModelMeters } from '../packages/catalog/src/models/model-meters.ts'
export { toolsetTemplates } from '../packages/catalog/src/toolsets/templates.ts'
