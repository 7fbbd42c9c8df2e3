import { Problem, type ToolChange } from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'

/** Parts of a definition that say what a call sends, and where: as compare-tools.ts names them. */
const sentParts: ReadonlySet<string> = new Set([
  ...['method', 'origin', 'path', 'query', 'headers', 'cookies', 'body', 'credential', 'config'],
  // Of a statement of a database.
  ...['statement', 'parameters', 'writes', 'run', 'sourceId'],
  // Of so many that not all are told.
  'more',
])

/** It sends something else: by what it is made of, or where an argument is left out. */
const isOfSending = (what: string) => sentParts.has(what) || /^arguments?\b.*: default$/s.test(what)

const isEnabled = ({ what, after }: ToolChange['differences'][number]) =>
  what === 'status' && after === 'active'

/**
 * What agents may do is said by whoever may write policies. A change of tools that gives an agent a tool which it lacks, or has
 * again, or by which a tool that it has sends something else, is such a word. Problem: `insufficient-scope`.
 */
export function requireMayGive(
  { scopes }: Pick<AuthenticatedOwner, 'scopes'>,
  changes: readonly Pick<ToolChange, 'name' | 'change' | 'differences' | 'agentCount'>[],
): void {
  if (scopes.has('policies:write')) return
  const given = changes.find(
    ({ change, differences, agentCount }) =>
      agentCount > 0 &&
      // What is gone is sent by nobody.
      change !== 'removed' &&
      (change === 'added' || differences.some((one) => isOfSending(one.what) || isEnabled(one))),
  )
  if (given === undefined) return
  const { name, change, differences, agentCount } = given
  const agents = agentCount === 1 ? 'an agent' : `${agentCount} agents`
  const what =
    change === 'added' || differences.every((one) => !isOfSending(one.what))
      ? `${agents} would get the tool ${name}`
      : `the tool ${name}, which ${agents} ${agentCount === 1 ? 'has' : 'have'}, would send something else`
  throw new Problem('insufficient-scope', `This needs the scope policies:write: ${what}.`, {
    next: 'Leave the tool out, or let an owner do it who may write policies.',
  })
}
