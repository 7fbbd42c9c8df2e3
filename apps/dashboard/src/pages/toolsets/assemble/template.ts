import type { Output } from '../../../api.ts'

/** A ready toolset of the catalog. */
export type Template = Output<'listToolsetTemplates'>['templates'][number]
