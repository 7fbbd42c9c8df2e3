import { describe, expect, it } from 'vitest'
import { hostsOf, serviceName } from './connection-words.ts'

describe('where a key goes', () => {
  it('is said by hosts, and plain HTTP is named', () => {
    expect(hostsOf(['https://a.example', 'http://127.0.0.1:8080'])).toBe(
      'a.example, http://127.0.0.1:8080',
    )
  })
})

describe('the name of a service', () => {
  it('is the catalog’s, and the id where the catalog has none', () => {
    expect(serviceName('google-gmail')).toBe('Gmail')
    expect(serviceName('no-such-service')).toBe('no-such-service')
  })
})
