import { Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { createRelyingParties } from './relying-party.ts'

const at = (pagesUrl: string, issuer = pagesUrl) =>
  createRelyingParties({ issuer: () => issuer, pagesUrl: () => pagesUrl })

describe('where there can be passkeys', () => {
  it.each([
    ['https://vault.example', 'vault.example'],
    ['https://vault.example:8443', 'vault.example'],
    ['https://vault.example/below', 'vault.example'],
    ['http://localhost:4770', 'localhost'],
    ['http://vault.localhost:4770', 'vault.localhost'],
  ])('is %s, for its host alone', (url, id) => {
    const origin = new URL(url).origin
    expect(at(url).at()).toEqual({ id, origin })
    // A proxy may name the vault as it likes.
    expect(at(url).at('10.0.0.7:4770')).toEqual({ id, origin })
  })

  it.each([
    'http://127.0.0.1:4770',
    'https://127.0.0.1',
    'https://192.0.2.7',
    'http://[::1]:4770',
    'https://[2001:db8::1]',
    'http://vault.example',
    'http://localhost.example:4770',
  ])('is not %s', (url) => {
    expect(at(url).at()).toBeUndefined()
    expect(() => at(url).require()).toThrow(Problem)
  })

  it('is localhost and not the address that leads to the same vault', () => {
    const parties = at('http://localhost:4770', 'http://127.0.0.1:4770')
    const party = { id: 'localhost', origin: 'http://localhost:4770' }
    expect([parties.at(), parties.at('localhost:4770')]).toEqual([party, party])
    for (const host of ['127.0.0.1:4770', '[::1]:4770', 'localhost', 'localhost:1', '']) {
      expect(parties.at(host)).toBeUndefined()
    }
    expect(() => parties.require('127.0.0.1:4770')).toThrow('Passkeys cannot be used')
  })
})
