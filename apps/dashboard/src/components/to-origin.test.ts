import { describe, expect, it } from 'vitest'
import { toOrigin } from './to-origin.ts'

describe('an address that was pasted', () => {
  it.each([
    ['https://api.example.com/v1/users?x=1', 'https://api.example.com'],
    ['https://API.example.com:443', 'https://api.example.com'],
    ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080'],
  ])('%s becomes %s', (typed, origin) => {
    expect(toOrigin(typed)).toBe(origin)
  })

  it.each(['api.example.com', 'mailto:a@b.example', '', undefined])(
    'that is no URL with a host stays as it is, to be refused: %j',
    (typed) => {
      expect(toOrigin(typed)).toBe(typed)
    },
  )
})
