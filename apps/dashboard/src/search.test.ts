import { describe, expect, it } from 'vitest'
import { connections } from './search.ts'

describe('where to go back to after a connection was added', () => {
  it.each(['/approvals', '/capability-requests/cap_1?x=1#y', '/'])('is %s', (path) => {
    expect(connections({ return: path })).toEqual({ return: path })
  })

  it.each([
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    'javascript:alert(1)',
    'approvals',
    '',
    7,
    ['/approvals'],
    `/${'a'.repeat(2001)}`,
  ])('is never another place: %j', (path) => {
    expect(connections({ return: path })).toEqual({})
  })
})
