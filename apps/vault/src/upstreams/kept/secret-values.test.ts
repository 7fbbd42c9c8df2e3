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
