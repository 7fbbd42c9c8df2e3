import type { Output } from '../../../api.ts'

/** A ready toolset of the catalog. */
export type Template = Output<'listToolsetTemplates'>['templates'][number]

/** Each template in its newest version alone: older ones are for toolsets that were made of them. */
export const newestOf = (templates: readonly Template[]): readonly Template[] =>
  templates.filter(
    ({ id, version }) => !templates.some((one) => one.id === id && one.version > version),
  )
