import { describe, expect, it } from 'vitest'
import { pathArguments } from './path-arguments.ts'

const argument = (name: string) => ({ argument: [name], style: 'simple' as const, explode: false })

describe('the arguments in a path', () => {
  const pieces = [
    { text: '/repos/' },
    argument('owner'),
    { text: '/' },
    argument('repo'),
    { text: '/issues' },
  ]

  it('are named as the tool names them, and read as they were given', () => {
    expect(pathArguments(pieces, '/repos/octo%20cat/a%2Fb/issues')).toEqual([
      { name: 'owner', value: 'octo cat' },
      { name: 'repo', value: 'a/b' },
    ])
  })

  it('are told from what stands around them in their segment', () => {
    const file = [{ text: '/v1/file-' }, argument('id'), { text: '.json' }]
    expect(pathArguments(file, '/v1/file-7.json')).toEqual([{ name: 'id', value: '7' }])
    expect(pathArguments(file, '/v1/file-.jso')).toEqual([])
  })

  it('are none where the path is not of the tool’s form, so that none has another’s name', () => {
    for (const path of ['/repos/a/b', '/repos/a/b/issues/1', '/users/a/b/issues', '/repos/a/b/x']) {
      expect(pathArguments(pieces, path)).toEqual([])
    }
    const two = [{ text: '/' }, argument('a'), { text: '-' }, argument('b')]
    expect(pathArguments(two, '/1-2')).toEqual([])
    expect(pathArguments([{ text: '/' }, { template: '{{.args.a}}' }], '/1')).toEqual([])
    const label = [{ text: '/' }, { ...argument('a'), style: 'label' as const }]
    expect(pathArguments(label, '/.1')).toEqual([])
  })

  it('stay as they are where they are no percent-encoded text', () => {
    expect(pathArguments([{ text: '/' }, argument('a')], '/%ff')).toEqual([
      { name: 'a', value: '%ff' },
    ])
  })
})
