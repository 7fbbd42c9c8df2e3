/** A sentence where a link is not there or is not https. */
export function faultsOfLink(of: string, field: string, link: string | undefined): string[] {
  if (link === undefined || link === '') return [`${of}: ${field} is missing.`]
  const isGood =
    URL.canParse(link) &&
    new URL(link).protocol === 'https:' &&
    new URL(link).hostname.includes('.')
  return isGood ? [] : [`${of}: ${field} is no https link: ${link}.`]
}

/** The things that stand more than once in a list, each once. */
export const repeated = <T>(list: readonly T[]): T[] => [
  ...new Set(list.filter((item, at) => list.indexOf(item) !== at)),
]
