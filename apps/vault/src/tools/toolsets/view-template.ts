import type { CatalogTemplate } from '@sallyport/catalog'
import type { ToolsetTemplate } from '@sallyport/contracts'
import { toolUrl } from '../tool-url.ts'

/** A ready toolset of the catalog as owners list it. */
export const viewTemplate = (template: CatalogTemplate): ToolsetTemplate => ({
  ...{ id: template.id, version: template.version, service: template.service },
  ...{ title: template.title, description: template.description },
  origins: [...template.origins],
  tools: template.tools.map(({ name, description, binding, annotations }) => ({
    ...{ name, description, method: binding.method, url: toolUrl(binding) },
    reads: annotations.readOnlyHint === true,
  })),
})
