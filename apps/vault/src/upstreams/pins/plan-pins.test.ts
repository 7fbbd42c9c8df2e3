import type { ToolDefinition } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import type { StoredTool } from '../../tools/toolset-store.ts'
import type { Pin } from '../kept/pin.ts'
import { type PinPlan, planPins } from './plan-pins.ts'

const toolset = { workspaceId: 'wsp_1', toolsetId: 'tls_1' }
const at = new Date(0)

const said = (name: string, description = 'as ever'): ToolDefinition => ({
  ...{ name, description, inputSchema: { type: 'object' }, annotations: {}, key: `tool:${name}` },
  binding: { kind: 'mcp', serverId: 'ups_1', method: 'tools/call', tool: name },
})

/** A server’s tools as they are stored, and what happens to them. */
function createRoom() {
  const ids = { last: 0 }
  let rows: readonly StoredTool[] = []
  let pins: readonly Pin[] = []
  const hear = (now: readonly ToolDefinition[], isFirst = false): PinPlan => {
    const newId = () => {
      ids.last += 1
      return `tol_${ids.last}`
    }
    const plan = planPins({ toolset, rows, pins, said: now, isFirst, at, newId })
    const changed = new Map(plan.update.map((row) => [row.id, row]))
    rows = [
      ...rows.flatMap((row) => (plan.remove.includes(row.id) ? [] : [changed.get(row.id) ?? row])),
      ...plan.insert,
    ]
    pins = plan.pins
    return plan
  }
  return {
    hear,
    told: () => rows.map(({ name, status }) => `${name} ${status}`),
    pinned: () => pins.map(({ key, change, was }) => `${key} ${change} ${was}`),
    set: (status: StoredTool['status']) => {
      rows = rows.map((row) => ({ ...row, status }))
    },
    forget: () => {
      pins = []
    },
    description: () => rows[0]?.definition?.description,
  }
}

describe('what a server says of its tools', () => {
  it('is taken the first time, and held from then on where it is new, other or gone', () => {
    const room = createRoom()
    room.hear([said('a'), said('b')], true)
    expect(room.told()).toEqual(['a active', 'b active'])
    room.hear([said('a', 'another'), said('c')])
    expect(room.told()).toEqual(['a held', 'b held', 'c held'])
    expect(room.pinned()).toEqual([
      ...['tool:a changed active', 'tool:b removed active', 'tool:c added new'],
    ])
    expect(room.description()).toBe('as ever')
  })

  it('lets go of what is again as an owner saw it, and forgets what nobody ever saw', () => {
    const room = createRoom()
    room.hear([said('a'), said('b')], true)
    room.hear([said('a', 'another'), said('c')])
    room.hear([said('b'), said('a')])
    expect(room.told()).toEqual(['a active', 'b active'])
    expect(room.pinned()).toEqual([])
  })

  it('changes nothing where nothing is other, in whatever order it comes', () => {
    const room = createRoom()
    room.hear([said('a'), said('b')], true)
    expect(room.hear([said('b'), said('a')])).toEqual({
      insert: [],
      update: [],
      remove: [],
      pins: [],
    })
  })

  it('leaves disabled what an owner disabled', () => {
    const room = createRoom()
    room.hear([said('a')], true)
    room.set('disabled')
    room.hear([said('a', 'another')])
    expect([room.told(), room.pinned()]).toEqual([['a held'], ['tool:a changed disabled']])
    room.hear([said('a')])
    expect(room.told()).toEqual(['a disabled'])
  })

  it('never makes active what is held without a word on why', () => {
    const room = createRoom()
    room.hear([said('a')], true)
    room.hear([said('a'), said('b')])
    room.forget()
    room.hear([said('a'), said('b')])
    expect(room.told()).toEqual(['a active', 'b held'])
    expect(room.pinned()).toEqual(['tool:b added new'])
  })

  it('follows what is new and not accepted yet as it changes', () => {
    const room = createRoom()
    room.hear([], true)
    room.hear([said('a')])
    room.hear([said('a', 'another')])
    expect([room.told(), room.description()]).toEqual([['a held'], 'another'])
    room.hear([])
    expect([room.told(), room.pinned()]).toEqual([[], []])
  })
})
