import type { CatalogTemplate } from './catalog-template.ts'
import { expandTemplate, type TemplateSource } from './expand-template.ts'
import { github } from './github.ts'

const sources: readonly TemplateSource[] = [github]

/** The ready toolsets of the catalog, written out in full. */
export const toolsetTemplates: readonly CatalogTemplate[] = sources.map(expandTemplate)
