import type { ToolDefinition } from '@sallyport/contracts'
import { toolDigest } from '../../tools/tool-digest.ts'
import type { StoredTool, ToolsetChange } from '../../tools/toolset-store.ts'
import { digestsOf, newTool } from '../../tools/toolsets/stored-tools.ts'
import type { Pin } from '../kept/pin.ts'
import { reservedNames } from './define-tools.ts'
import { nameTools } from './name-tools.ts'

/** What is known of a server’s tools, and what the server says now. */
interface Known {
  readonly toolset: Pick<StoredTool, 'workspaceId' | 'toolsetId'>
  readonly rows: readonly StoredTool[]
  readonly pins: readonly Pin[]
  /** Under the server’s own names. */
  readonly said: readonly ToolDefinition[]
  /** The first time, all are taken as they are. */
  readonly isFirst: boolean
  readonly at: Date
  readonly newId: () => string
}

/** What becomes of them. */
export interface PinPlan extends Pick<ToolsetChange, 'insert' | 'update' | 'remove'> {
  readonly pins: readonly Pin[]
}

/**
 * Compares what a server says with what owners have seen. What is new, other or gone is held until one of them has looked; what
 * is again as they saw it is as it was.
 */
export function planPins(known: Known): PinPlan {
  const said = new Map(known.said.map((definition) => [definition.key, definition]))
  const rows = new Map(known.rows.map((row) => [row.key, row]))
  const pins = new Map(known.pins.map((pin) => [pin.key, pin]))
  const seen = known.rows.map((row) => {
    const pin = pins.get(row.key) ?? lostPin(row)
    const definition = said.get(row.key)
    return definition === undefined
      ? planGone(row, pin)
      : planSaid(row, pin, { ...definition, name: row.definition?.name ?? row.name })
  })
  const fresh = planNew(
    known,
    known.said.filter(({ key }) => !rows.has(key)),
  )
  return {
    insert: fresh.tools,
    update: seen.flatMap(({ row }) => (row === undefined ? [] : [{ ...row, updatedAt: known.at }])),
    remove: seen.flatMap(({ remove }) => remove ?? []),
    pins: [...seen.flatMap(({ pin }) => pin ?? []), ...fresh.pins],
  }
}

interface Fate {
  /** Changed. */
  readonly row?: StoredTool
  /** Goes for good: its id. */
  readonly remove?: string
  readonly pin?: Pin
}

/** Held without a word on why: as if nobody had ever seen it. */
const lostPin = ({ key, status }: StoredTool): Pin | undefined =>
  status === 'held' ? { key, change: 'added', was: 'new' } : undefined

/** What a tool was before it was held. */
const wasOf = (row: StoredTool, pin: Pin | undefined): Exclude<Pin['was'], 'new'> => {
  const was = pin?.was ?? row.status
  return was === 'disabled' ? 'disabled' : 'active'
}

const held = (row: StoredTool): StoredTool | undefined =>
  row.status === 'held' ? undefined : { ...row, status: 'held' }

function planGone(row: StoredTool, pin: Pin | undefined): Fate {
  // Nobody ever saw it.
  if (pin?.was === 'new') return { remove: row.id }
  const changed = held(row)
  return {
    ...(changed !== undefined && { row: changed }),
    pin: { key: row.key, change: 'removed', was: wasOf(row, pin) },
  }
}

function planSaid(row: StoredTool, pin: Pin | undefined, definition: ToolDefinition): Fate {
  const digest = toolDigest(definition)
  const isSame = digest === row.definitionDigest
  if (pin?.was === 'new') {
    const added = { ...pin, digest }
    return isSame ? { pin: added } : { row: withDefinition(row, definition), pin: added }
  }
  if (isSame) {
    const was = wasOf(row, pin)
    return row.status === was ? {} : { row: { ...row, status: was } }
  }
  const changed = held(row)
  return {
    ...(changed !== undefined && { row: changed }),
    pin: { key: row.key, change: 'changed', was: wasOf(row, pin), definition, digest },
  }
}

/** The tool as another definition makes it; what owners say of it stays. */
export const withDefinition = (row: StoredTool, definition: ToolDefinition): StoredTool => ({
  ...row,
  definition,
  ...digestsOf({ definition, overrides: row.overrides, name: row.name }),
})

const isTool = ({ binding }: ToolDefinition) =>
  binding.kind === 'mcp' && binding.method === 'tools/call'

function planNew({ toolset, rows, isFirst, at, newId }: Known, said: readonly ToolDefinition[]) {
  // What stands for resources and prompts has a name already.
  const own = said.filter(isTool)
  const taken = new Set([
    ...reservedNames,
    ...rows.flatMap((row) => [row.name, row.definition?.name ?? row.name]),
  ])
  const names = nameTools(
    own.map(({ name }) => name),
    taken,
  )
  const tools = said.map((definition): StoredTool => {
    const name = isTool(definition)
      ? (names.get(definition.name) ?? definition.name)
      : definition.name
    const tool = newTool(
      { definition: { ...definition, name }, overrides: null, name },
      { ...toolset, id: newId(), at },
    )
    return isFirst ? tool : { ...tool, status: 'held' }
  })
  const pins = isFirst
    ? []
    : tools.map(
        ({ key, definitionDigest }): Pin => ({
          ...{ key, change: 'added', was: 'new', digest: definitionDigest ?? '' },
        }),
      )
  return { tools, pins }
}
