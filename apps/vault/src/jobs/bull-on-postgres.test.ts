import { expect, it } from 'vitest'
import { readDatabaseUrl } from './bull-on-postgres.ts'

it('reads sslmode as the vault’s own driver does', () => {
  const url = 'postgres://u:p@db.example:5433/vault'
  const of = (query: string) => readDatabaseUrl(`${url}?${query}`)
  expect(readDatabaseUrl(url)).toEqual({ connectionString: url })
  expect(of('sslmode=disable')).toEqual({ connectionString: url })
  for (const mode of ['require', 'prefer', 'allow']) {
    const ssl = { rejectUnauthorized: false }
    expect(of(`sslmode=${mode}`)).toEqual({ connectionString: url, ssl })
  }
  expect(of('sslmode=verify-full')).toMatchObject({ ssl: { rejectUnauthorized: true } })
  const { connectionString } = of('host=/run/postgresql')
  expect(new URL(connectionString).searchParams.get('host')).toBe('/run/postgresql')
})
