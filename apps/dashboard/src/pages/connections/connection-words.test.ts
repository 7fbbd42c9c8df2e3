import type { Connection } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { hostsOf } from './connection-words.ts'
import { testUrlFor } from './test-url.ts'

describe('where a key goes', () => {
  it('is said by hosts, and plain HTTP is named', () => {
    expect(hostsOf(['https://a.example', 'http://127.0.0.1:8080'])).toBe(
      'a.example, http://127.0.0.1:8080',
    )
  })
})

describe('what a key is tested with', () => {
  const connection = (over: Partial<Connection>) =>
    ({ service: 'custom', origins: ['https://a.example'], ...over }) as Connection

  it('is the URL that is kept', () => {
    const testUrl = 'https://a.example/me'
    expect(testUrlFor(connection({ testUrl }))).toBe(testUrl)
  })

  it('is else something plain that the catalog reads, only where the key may go', () => {
    const github = { service: 'github', origins: ['https://api.github.com'] }
    expect(testUrlFor(connection(github))).toBe('https://api.github.com/user')
    expect(testUrlFor(connection({ ...github, origins: ['https://ghe.example'] }))).toBe(
      'https://ghe.example/',
    )
  })

  it('is else the address itself', () => {
    expect(testUrlFor(connection({}))).toBe('https://a.example/')
  })
})
