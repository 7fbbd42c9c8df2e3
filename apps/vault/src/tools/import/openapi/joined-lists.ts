/**
 * What stands between the items of a list in styles that OpenAPI 3 does not have, as a template writes it: Swagger 2.0 joins lists by a
 * tab anywhere, and by a space or a bar in paths and headers, too.
 */
const separators: ReadonlyMap<string | undefined, string> = new Map([
  ['tabDelimited', '\\t'],
  ['spaceJoined', ' '],
  ['pipeJoined', '|'],
])

/** The template of a list that is joined by such a style, given the path to its argument; undefined for any other style. */
export function joinTemplate(
  style: string | undefined,
  argument: readonly string[],
): string | undefined {
  const separator = separators.get(style)
  if (separator === undefined) return undefined
  const names = argument.map((name) => JSON.stringify(name)).join(' ')
  return `{{ join "${separator}" (index .args ${names}) }}`
}
