import { type FieldFault, Problem } from '@sallyport/contracts'
import { inForce, namesOf } from '../kept/open-values.ts'
import { namesIn, ReferenceFault, unknownName } from '../kept/references.ts'
import type { ServerSettings } from '../kept/server-store.ts'
import type { DraftServer } from './draft-server.ts'
import type { ServersNeeds } from './servers-needs.ts'

type Needs = Pick<ServersNeeds, 'variables' | 'checkCommand' | 'mayUseOrigin'>

/**
 * What a draft refers to, and what its operator lets it reach.
 * @throws Problem upstream-command-refused, origin-not-allowed
 */
export async function checkDraft(
  needs: Needs,
  workspaceId: string,
  { settings, values }: DraftServer,
): Promise<{ readonly names: readonly string[]; readonly faults: readonly FieldFault[] }> {
  const field = settings.transport === 'stdio' ? 'env' : 'headers'
  const unread = Object.entries(inForce(settings.transport, values)).flatMap(([name, value]) => {
    const message = faultOf(() => namesIn(value))
    return message === undefined ? [] : [{ field: `${field}.${name}`, message }]
  })
  if (unread.length > 0) return { names: [], faults: unread }
  const names = namesOf(settings.transport, values)
  const known = await needs.variables.known(workspaceId, names)
  const unknown = Object.entries(inForce(settings.transport, values)).flatMap(([name, value]) =>
    namesIn(value)
      .filter((one) => !known.has(one))
      .map((one) => ({ field: `${field}.${name}`, message: unknownName(one).message })),
  )
  return { names, faults: unknown }
}

function faultOf(work: () => unknown): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    if (error instanceof ReferenceFault) return error.message
    throw error
  }
}

/**
 * What the operator says of where a server is.
 * @throws Problem upstream-command-refused, origin-not-allowed
 */
export function requireAllowed(
  { checkCommand, mayUseOrigin }: Pick<Needs, 'checkCommand' | 'mayUseOrigin'>,
  { transport, command, url }: Pick<ServerSettings, 'transport' | 'command' | 'url'>,
): void {
  if (transport === 'stdio') {
    const check = checkCommand(command ?? '')
    if (check.isAllowed) return
    throw new Problem('upstream-command-refused', check.message, {
      ...(check.next !== undefined && { next: check.next }),
      fields: [{ field: 'command', message: 'is none that the operator allowed' }],
    })
  }
  const { origin } = new URL(url ?? '')
  if (mayUseOrigin(origin) === true) return
  throw new Problem('origin-not-allowed', `The vault may not connect to ${origin}.`, {
    next: 'Use an https URL with a host name, or let the operator list the address in SALLYPORT_EGRESS_ALLOW_CIDRS.',
    fields: [{ field: 'url', message: 'is at an address that the vault may not connect to' }],
  })
}
