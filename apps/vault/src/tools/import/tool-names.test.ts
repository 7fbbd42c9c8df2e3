import { ToolName, ToolsetName } from '@sallyport/contracts'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { makeUnique, nameOfOperation, toToolName, toToolsetName } from './tool-names.ts'

it('makes a name that every client takes, whatever a document calls it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 120 }), (text) => {
      const name = toToolName(text)
      if (name !== undefined) expect(ToolName.safeParse(name).success).toBe(true)
      expect(ToolName.safeParse(nameOfOperation('GET', text)).success).toBe(true)
      expect(ToolsetName.safeParse(toToolsetName(text)).success).toBe(true)
    }),
  )
})

it('keeps what is a name already, and tells long names apart by a hash of them', () => {
  expect(toToolName('list_things-2')).toBe('list_things-2')
  expect(toToolName('repos/get-content')).toBe('repos_get-content')
  expect(toToolName('Größe ändern')).toBe('Gro_e_andern')
  expect(toToolName('2fa')).toBe('t_2fa')
  expect(toToolName('名前')).toBe(undefined)
  const long = 'a'.repeat(60)
  expect(toToolName(`${long}1`)).not.toBe(toToolName(`${long}2`))
  expect(nameOfOperation('POST', '/v1/things/{id}:run')).toBe('post_v1_things_id_run')
  expect(toToolsetName('GitHub’s v3 REST API')).toBe('github-v3-rest-api')
})

it('gives each its own name, capitals aside, and takes none from those that come later', () => {
  expect(makeUnique(['a', 'a', 'a_2', 'A', 'b'])).toEqual(['a', 'a_3', 'a_2', 'A_4', 'b'])
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'A', 'a_2', 'a_3', `${'x'.repeat(48)}`)), (names) => {
      const unique = makeUnique(names)
      expect(new Set(unique.map((name) => name.toLowerCase())).size).toBe(names.length)
      for (const name of unique) expect(name.length).toBeLessThanOrEqual(48)
    }),
  )
})
