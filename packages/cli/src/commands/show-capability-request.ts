import type { AllowEntry, CapabilityRequestDetail } from '@sallyport/contracts'
import { printable } from '../terminal.ts'
import { untrustedBlock } from '../untrusted-block.ts'

const asking = {
  always: 'an owner is asked for each request',
  writes: 'an owner is asked for each write',
  never: 'no owner is asked',
} as const

/** A capability request in full: what the agent said, and what granting it would mean. */
export function describeCapabilityRequest(
  request: CapabilityRequestDetail,
  { width }: { width: number },
): string {
  const { id, status, agentName, agentId, reason, action, createdAt } = request
  return [
    `${id}  ${status}, asked at ${createdAt}`,
    `Agent   ${printable(agentName)} (${agentId})`,
    `Action  ${printable(request.actionTemplateId)}${action === undefined ? ', which the catalog does not know any more' : `: ${action.label}, of ${action.service.name}`}`,
    ...outcome(request),
    '',
    'The agent’s reason, in its own words:',
    untrustedBlock(reason, { width }),
    ...(action === undefined
      ? []
      : [
          '',
          `It would allow (${asking[action.approval]}):`,
          ...action.allow.map(describeEntry),
          ...(action.scopes.length === 0 ? [] : [`  scopes: ${action.scopes.join(' ')}`]),
        ]),
    '',
    ...describeConnections(request.connections),
  ].join('\n')
}

/** One line for what an entry allows. */
const describeEntry = ({ origin, methods, paths, approval, expiresAt }: AllowEntry): string =>
  [
    `  ${methods.join(', ')}  ${origin}  ${paths.join(' ')}`,
    ...(approval === undefined ? [] : [asking[approval]]),
    ...(expiresAt === undefined ? [] : [`until ${expiresAt}`]),
  ].join(', ')

function outcome({ answeredBy, answeredAt, connectionId, note }: CapabilityRequestDetail) {
  return [
    ...(answeredBy === undefined
      ? []
      : [`Answer  by ${printable(answeredBy.email)} at ${answeredAt ?? '?'}`]),
    ...(connectionId === undefined ? [] : [`On      ${connectionId}`]),
    ...(note === undefined ? [] : [`Note    ${printable(note)}`]),
  ]
}

function describeConnections(connections: CapabilityRequestDetail['connections']): string[] {
  if (connections.length === 0) {
    return ['There is no connection of this service yet: `sallyport connections add` makes one.']
  }
  return [
    'It can be granted on:',
    ...connections.map(({ id, label, status, originsCovered, missingScopes }) =>
      [
        `  ${id}  ${printable(label)}  ${status}`,
        ...(originsCovered ? [] : ['its credential may not be sent to all of these origins']),
        ...(missingScopes.length === 0 ? [] : [`it lacks ${missingScopes.join(' ')}`]),
      ].join(', '),
    ),
  ]
}
