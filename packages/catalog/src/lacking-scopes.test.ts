import { describe, expect, it } from 'vitest'
import { createCatalog } from './catalog.ts'
import { lackingScopes } from './lacking-scopes.ts'

const rules = {
  scopePrefix: 'https://api.example/',
  scopeIncludes: { all: ['read', 'write'], write: ['draft'] },
}

describe('a scope', () => {
  it('is lacking unless it was granted to the letter, where nothing more is known', () => {
    expect(lackingScopes(['read', 'Read', 'write'], ['read'], undefined)).toEqual(['Read', 'write'])
    expect(lackingScopes([], [], undefined)).toEqual([])
  })

  it('is granted where the provider wrote its prefix before it, and only there', () => {
    expect(lackingScopes(['read'], ['https://api.example/read'], rules)).toEqual([])
    expect(lackingScopes(['read'], ['https://other.example/read'], rules)).toEqual(['read'])
  })

  it('is covered by one that includes it, and not by one that includes that one', () => {
    expect(lackingScopes(['read', 'write'], ['all'], rules)).toEqual([])
    expect(lackingScopes(['draft'], ['all'], rules)).toEqual(['draft'])
    expect(lackingScopes(['all'], ['read', 'write'], rules)).toEqual(['all'])
    expect(lackingScopes(['read'], ['toString'], rules)).toEqual(['read'])
  })

  it('of Google and Microsoft is known for what it covers', () => {
    const of = (id: string) => createCatalog().findProvider(id)?.oauth
    const google = 'https://www.googleapis.com/auth'
    expect(lackingScopes([`${google}/drive.readonly`], [`${google}/drive`], of('google'))).toEqual(
      [],
    )
    expect(
      lackingScopes(['Mail.Read'], ['https://graph.microsoft.com/Mail.ReadWrite'], of('microsoft')),
    ).toEqual([])
    expect(lackingScopes(['Mail.Send'], ['Mail.ReadWrite'], of('microsoft'))).toEqual(['Mail.Send'])
  })
})
