import type { PlannedChange } from './plan-changes.ts'

const marks = { create: '+', change: '~', delete: '-', unchanged: '=' } as const

/** Says in plain words what is going to change, a paragraph for each policy. */
export function describePlan(changes: readonly PlannedChange[]): string {
  const paragraphs = changes
    .filter(({ action }) => action !== 'unchanged')
    .map(({ action, agent, connection, fields, removed, added }) =>
      [
        `${marks[action]} ${action} ${agent} → ${connection}`,
        ...(fields.length > 0 ? [`    changes ${fields.join(', ')}`] : []),
        ...removed.map((sentence) => `    - ${sentence}`),
        ...added.map((sentence) => `    + ${sentence}`),
      ].join('\n'),
    )
  return [...paragraphs, countPlan(changes)].join('\n')
}

/** How many of each, in one sentence. */
export function countPlan(changes: readonly PlannedChange[]): string {
  const count = (action: PlannedChange['action']) =>
    changes.filter((change) => change.action === action).length
  return `${count('create')} to create, ${count('change')} to change, ${count('delete')} to delete, ${count('unchanged')} unchanged.`
}

/** The same for a program. */
export const tellChange = (change: PlannedChange) => ({
  action: change.action,
  agent: change.agent,
  connection: change.connection,
  agentId: change.agentId,
  connectionId: change.connectionId,
  ...(change.current !== undefined && {
    policyId: change.current.id,
    version: change.current.version,
  }),
  ...(change.fields.length > 0 && { fields: change.fields }),
  removed: change.removed,
  added: change.added,
})
