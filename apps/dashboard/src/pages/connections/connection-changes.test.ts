import type { Connection } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { changesOf } from './connection-changes.ts'

const connection: Connection = {
  id: 'con_1',
  provider: 'custom',
  service: 'custom',
  label: 'API',
  status: 'healthy',
  singleton: false,
  requestedScopes: [],
  grantedScopes: [],
  origins: ['https://a.example'],
  requestHeaders: ['x-a'],
  responseHeaders: [],
  allowEncodedSlash: false,
  testUrl: 'https://a.example/me',
  createdAt: '2026-01-01T00:00:00Z',
  updatedAt: '2026-01-01T00:00:00Z',
}
const { label, origins, requestHeaders, testUrl } = connection
const edited = { connectionId: 'con_1', label, origins, requestHeaders, testUrl }

describe('what is sent of an edited connection', () => {
  it('is nothing but its id where nothing changed', () => {
    expect(changesOf(connection, edited)).toEqual({ connectionId: 'con_1' })
  })

  it('is what changed alone: an equal list of addresses would seal the key anew', () => {
    const changed = changesOf(connection, { ...edited, label: 'Other' })
    expect(changed).toEqual({ connectionId: 'con_1', label: 'Other' })
    const wider = [...origins, 'https://b.example']
    expect(changesOf(connection, { ...edited, origins: wider })).toEqual({
      connectionId: 'con_1',
      origins: wider,
    })
  })

  it.each([undefined, ''])('takes the test URL away where it was emptied (%j)', (empty) => {
    const changed = changesOf(connection, { ...edited, testUrl: empty })
    expect(changed).toEqual({ connectionId: 'con_1', testUrl: null })
  })
})
