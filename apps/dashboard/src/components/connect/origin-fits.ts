/** Whether an origin is one of a pattern's, in whose host `*` stands for any run inside one label. */
export function originFits(origin: string, pattern: string): boolean {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\/]/g, '\\$&').replaceAll('*', '[^./:]+')
  return new RegExp(`^${escaped}$`).test(origin)
}

interface OwnHost {
  readonly pattern: string
  /** Of the provider's OAuth: `{name}` stands for one of the app's parameters. */
  readonly endpoint: string | undefined
  readonly parameters: Readonly<Record<string, string>>
}

/**
 * The origin of one's own, where the OAuth app says it already: accounts of acme.zendesk.com are signed in to at
 * acme.zendesk.com. Empty where it does not.
 */
export function originOfApp({ pattern, endpoint = '', parameters }: OwnHost): string {
  const [host = ''] = /^https:\/\/[^/]+/.exec(endpoint) ?? []
  if (host.replace(/\{\w+\}/g, '*') !== pattern) return ''
  const filled = host.replace(/\{(\w+)\}/g, (_, name: string) => parameters[name] ?? '')
  return originFits(filled, pattern) ? filled : ''
}
