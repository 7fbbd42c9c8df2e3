import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  paperOf,
  startToolsetRoom,
  type ToolsetRoom,
} from '../../../../test/fixtures/toolset-room.ts'
import { verifies } from '../../../../test/verifies.ts'
import { createFindToolNames } from './tool-names.ts'

describe('the names of tools', () => {
  let scene: ToolsetRoom
  beforeAll(async () => {
    scene = await startToolsetRoom()
  })
  afterAll(() => scene?.stop())

  it('are those of now, with that of the tool that another toolset’s is, of the workspace alone', async () => {
    verifies('S-09')
    const { room, owner } = scene
    const { toolset } = await room.create(owner, { name: 'own', document: paperOf('a', 'b') })
    const idOf = (name: string) => toolset.tools.find((tool) => tool.name === name)?.id ?? ''
    const both = await room.create(owner, {
      ...{ name: 'both', assemble: [{ toolId: idOf('a'), name: 'alias' }] },
    })
    await room.updateTool(owner, { toolId: idOf('a'), name: 'z' })
    await room.update(owner, { toolsetId: both.toolset.id, name: 'desk' })
    const find = createFindToolNames(scene.test.database)
    const ids = [toolset.id, both.toolset.id]
    expect(await find('wsp_1', ids)).toEqual(
      new Map([
        [idOf('a'), { name: 'own.z', sourceName: undefined }],
        [idOf('b'), { name: 'own.b', sourceName: undefined }],
        [both.toolset.tools[0]?.id, { name: 'desk.alias', sourceName: 'own.z' }],
      ]),
    )
    expect(await find('wsp_2', ids)).toEqual(new Map())
    expect(await find('wsp_1', [])).toEqual(new Map())
  })
})
