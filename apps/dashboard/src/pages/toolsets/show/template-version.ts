import type { Output } from '../../../api.ts'

type Template = Pick<Output<'listToolsetTemplates'>['templates'][number], 'id' | 'version'>

/** The template that a toolset was made from: `github@1` is version 1 of `github`. */
export function templateOf(text: string): Template {
  const at = text.lastIndexOf('@')
  return { id: text.slice(0, at), version: Number(text.slice(at + 1)) }
}

/** The catalog's newest version of the same template, where it is newer. */
export function newerVersion(
  templates: readonly Template[],
  made: string | undefined,
): number | undefined {
  if (made === undefined) return undefined
  const { id, version } = templateOf(made)
  const versions = templates.filter((one) => one.id === id).map((one) => one.version)
  const newest = Math.max(...versions)
  return newest > version ? newest : undefined
}
