// From a server of a file, and what was given for what it refers to, to what the vault is asked to keep.
import type { CallOf, createMcpServer } from '@sallyport/contracts'
import type { ConfigText } from './config-text.ts'
import type { ServerDraft } from './server-draft.ts'

/** What a server of a file becomes. */
export type McpServerInput = CallOf<typeof createMcpServer>

/**
 * Fills a server in: what was given is written into it. What was not goes on referring to a variable of the vault, where the text
 * is one that is sealed.
 * @throws RangeError for a name of a plain text of which nothing was given
 */
export function fillServer(draft: ServerDraft, given: ReadonlyMap<string, string>): McpServerInput {
  const { name, description, transport, permission, enabled, perAgent } = draft
  const { connectTimeoutSeconds, readTimeoutSeconds } = draft
  const plain = (text: ConfigText) => fillPlain(text, given)
  const sealed = (texts: Readonly<Record<string, ConfigText>>) =>
    Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, fillSealed(text, given)]))
  return {
    ...{ name, transport, permission, enabled },
    ...(description !== undefined && { description }),
    ...(draft.command !== undefined && { command: plain(draft.command) }),
    ...(draft.url !== undefined && { url: plain(draft.url) }),
    ...(draft.cwd !== undefined && { cwd: plain(draft.cwd) }),
    ...(draft.package !== undefined && { package: draft.package }),
    ...(draft.args.length > 0 && { args: draft.args.map(plain) }),
    ...(Object.keys(draft.env).length > 0 && { env: sealed(draft.env) }),
    ...(Object.keys(draft.headers).length > 0 && { headers: sealed(draft.headers) }),
    ...(perAgent !== undefined && { perAgent }),
    ...(connectTimeoutSeconds !== undefined && { connectTimeoutSeconds }),
    ...(readTimeoutSeconds !== undefined && { readTimeoutSeconds }),
  }
}

function fillPlain(text: ConfigText, given: ReadonlyMap<string, string>): string {
  return text
    .map((piece) => {
      if (typeof piece === 'string') return piece
      const value = given.get(piece.variable)
      if (value === undefined) throw new RangeError(`${piece.variable} was not given.`)
      return value
    })
    .join('')
}

/** `$$` is one `$` there. */
const fillSealed = (text: ConfigText, given: ReadonlyMap<string, string>): string =>
  text
    .map((piece) => {
      if (typeof piece === 'string') return piece.replaceAll('$', '$$$$')
      return given.get(piece.variable)?.replaceAll('$', '$$$$') ?? `\${${piece.variable}}`
    })
    .join('')
