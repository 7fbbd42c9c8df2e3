import { type FieldFault, Problem, type ToolsetFormat } from '@sallyport/contracts'

// What this room cannot do, in words. What is of another workspace is said to be absent (S-09).

export const toolsetNotFound = () =>
  new Problem('toolset-not-found', 'There is no such toolset.', {
    next: 'List the toolsets to see which there are.',
  })

export const toolNotFound = (detail = 'There is no such tool.') =>
  new Problem('tool-not-found', detail, { next: 'List the tools to see which there are.' })

export const templateNotFound = () =>
  new Problem('toolset-template-not-found', 'The catalog has no such template.', {
    next: 'List the templates to see which there are.',
  })

export const versionNotFound = () =>
  new Problem('toolset-version-not-found', 'There is no such version of the toolset.', {
    next: 'List its versions: the last 20 are kept.',
  })

export const toolsetExists = (name: string) =>
  new Problem('toolset-exists', `There is a toolset called ${name} already.`, {
    next: 'Choose another name, or change the one that is there; a database and an MCP server have one of their name.',
    fields: [{ field: 'name', message: 'is taken' }],
  })

export const connectionNotFound = () =>
  new Problem('connection-not-found', 'There is no such connection.', {
    next: 'List the connections to see which there are.',
  })

export const connectionRevoked = () =>
  new Problem('connection-revoked', 'The connection has been revoked; that is for good.', {
    next: 'Name another connection, or give a credential for a new one.',
  })

export const versionConflict = () =>
  new Problem('version-conflict', 'Somebody changed the toolset meanwhile.', {
    next: 'Read it again and repeat the change where it is still wanted.',
  })

export const toolChanged = () =>
  new Problem('tool-changed', 'What would be made is not what the preview showed.', {
    next: 'Preview the document again, with the same choices, and look at it once more.',
    fields: [{ field: 'expects', message: 'is the digest of something else' }],
  })

/** A problem with one field of the input, in a sentence. */
export const invalidField = (fault: FieldFault, next?: string) =>
  new Problem('invalid-input', `${fault.field} ${fault.message}.`, {
    fields: [fault],
    ...(next !== undefined && { next }),
  })

/** Its tools would send the credential where it may not go. */
export function originsNotAllowed(outside: readonly string[], allowed: readonly string[]): Problem {
  const named = outside.slice(0, 10).join(', ')
  return new Problem('origin-not-allowed', `Tools go to ${named}, where the credential may not.`, {
    next: `Leave those tools out, choose a server at ${allowed.join(' or ')}, or add the origin to the connection first.`,
    fields: outside
      .slice(0, 10)
      .map((origin) => ({ field: 'origins', message: `must hold ${origin}` })),
  })
}

/** What a toolset belongs to, where that alone makes its tools, and the address at which owners change it. */
const keepers: Readonly<Partial<Record<ToolsetFormat, readonly [what: string, where: string]>>> = {
  mcp: ['an upstream MCP server', '/api/v1/mcp/servers'],
  sql: ['a SQL source', '/api/v1/sources'],
}

/**
 * Refuses what would change or take away the tools of a toolset behind the back of the server or the source that it belongs to.
 * @throws Problem invalid-input
 */
export function refuseKept({ format }: { readonly format: ToolsetFormat }, act: string): void {
  const keeper = keepers[format]
  if (keeper === undefined) return
  const [what, where] = keeper
  throw invalidField(
    { field: 'toolsetId', message: `is the toolset of ${what}, and cannot be ${act} by itself` },
    (act === 'restored' ? waysBack[format] : undefined) ??
      `Change or delete what it belongs to, at ${where}; its tools follow.`,
  )
}

/** What an owner does who wants tools as they were. */
const waysBack: Readonly<Partial<Record<ToolsetFormat, string>>> = {
  mcp: 'Its tools are what the server offers: have the server at /api/v1/mcp/servers offer them again, or disable the tools that nobody is to call.',
  sql: 'Compare the versions to see what the statements were, and put those that are wanted: PUT /api/v1/sources/{id}/tools, or sallyport sources statements.',
}
