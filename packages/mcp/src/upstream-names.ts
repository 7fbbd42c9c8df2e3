// What resources and prompts of upstream servers are called where those of all servers stand in one list.

/** A resource or a prompt by a name that a client gave; without a server, it may be any server's. */
export interface NamedThing {
  readonly server?: string
  /** The server's own URI or name. */
  readonly own: string
}

/** How the servers' own URIs and names are written for a client, and read again. */
export interface UpstreamNames {
  /** Also of a URI template: its expressions stay as they are. */
  uriOf(server: string, own: string): string
  readUri(uri: string): NamedThing
  promptOf(server: string, own: string): string
  readPrompt(name: string): NamedThing
}

const scheme = 'sallyport+mcp://'
/** A server's name has no `/` and no `_`, so that both of these can be taken apart again. */
const prefixedUri = /^sallyport\+mcp:\/\/([a-z0-9]+(?:-[a-z0-9]+)*)\/(.+)$/s
const prefixedPrompt = /^mcp__([a-z0-9]+(?:-[a-z0-9]+)*)__(.+)$/s

const read = (pattern: RegExp, text: string): NamedThing => {
  const [, server, own] = pattern.exec(text) ?? []
  return server === undefined || own === undefined ? { own: text } : { server, own }
}

/** Of all servers: `sallyport+mcp://context7/file:///a`, `mcp__context7__summary`. */
export const namesOfServers: UpstreamNames = {
  uriOf: (server, own) => `${scheme}${server}/${own}`,
  readUri: (uri) => read(prefixedUri, uri),
  promptOf: (server, own) => `mcp__${server}__${own}`,
  readPrompt: (name) => read(prefixedPrompt, name),
}

/** Of one server: its own. */
export const namesOfServer: UpstreamNames = {
  uriOf: (_, own) => own,
  readUri: (uri) => read(prefixedUri, uri),
  promptOf: (_, own) => own,
  readPrompt: (name) => ({ own: name }),
}
