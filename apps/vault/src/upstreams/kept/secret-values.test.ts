import { expect, it } from 'vitest'
import { secretsIn } from './secret-values.ts'

const none = { headers: {}, env: {}, variables: [] }

it('takes whole values for secrets, and what follows a scheme', () => {
  expect(secretsIn({ ...none, headers: { Authorization: 'Bearer abcdefgh1' } })).toEqual([
    'Bearer abcdefgh1',
    'abcdefgh1',
  ])
  const basic = Buffer.from('user:password1').toString('base64')
  expect(secretsIn({ ...none, headers: { Authorization: `Basic ${basic}` } })).toEqual([
    ...[`Basic ${basic}`, basic, 'user:password1', 'password1'],
  ])
})

it('leaves out what is short, and where something is, but nothing that a variable stands for', () => {
  const env = {
    NODE_ENV: 'production',
    ROOT: '/home/user/files',
    API: 'https://api.example.com/v1',
  }
  expect(secretsIn({ ...none, env: { ...env, A: 'short' } })).toEqual([])
  expect(secretsIn({ ...none, env: { DSN: 'https://u:p@a.example/' } })).toHaveLength(1)
  expect(secretsIn({ ...none, env, variables: ['/home/user/files'] })).toEqual(['/home/user/files'])
})

it('takes a key for one though it begins as a directory does, or stands in an address', () => {
  const env = {
    AWS_SECRET_ACCESS_KEY: '/wJalrXUtnFEMI/K7MDENG/bPxRfiCY',
    SIGNING: '/4fJ0aXb9Qm2LkT7vYw8ZpNc1',
    WEBHOOK: 'https://hooks.example.com/services/T01AB/B01CD/9f8e7d6c5b4a39281706abcd',
  }
  expect(secretsIn({ ...none, env })).toEqual(Object.values(env))
})

it('takes out what programs take out of a value, too', () => {
  const parts = (value: string) => secretsIn({ ...none, env: { X: value } }).slice(1)
  expect(parts('Authorization: Bearer abcdefgh1')).toEqual(['Bearer abcdefgh1', 'abcdefgh1'])
  expect(parts('postgres://me:pa%20ssword1@db.example/x')).toEqual(['pa%20ssword1', 'pa ssword1'])
  const headers = { Authorization: 'Bearer ntn_abcdefgh1', 'Notion-Version': '2022-06-28' }
  expect(parts(JSON.stringify(headers))).toEqual(['Bearer ntn_abcdefgh1', 'ntn_abcdefgh1'])
  expect(parts('{ no json at all')).toEqual([])
})
