import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../test/verifies.ts'
import { ConfigError, readConfig } from './config.ts'

const key = Buffer.alloc(32, 7).toString('base64')

describe('readConfig', () => {
  it('runs on nothing: embedded, on loopback', () => {
    const config = readConfig({})
    expect(config).toMatchObject({ host: '127.0.0.1', port: 4770, databaseUrl: undefined })
    expect(Object.isFrozen(config)).toBe(true)
  })

  it('names every wrong variable in one message', () => {
    const environment = {
      SALLYPORT_PORT: '99999',
      SALLYPORT_PUBLIC_URL: 'vault',
      SALLYPORT_ROOT_KEY: 'short',
      SALLYPORT_LOG_LEVEL: 'loud',
      DATABASE_URL: 'mysql://x',
    }
    expect(() => readConfig(environment)).toThrow(ConfigError)
    for (const name of Object.keys(environment)) {
      expect(() => readConfig(environment)).toThrow(new RegExp(`${name} `))
    }
  })

  it('repeats no secret in what it says', () => {
    verifies('S-38')
    const secret = 'postgres-but-wrong://user:hunter2hunter2@db/x'
    const read = () => readConfig({ DATABASE_URL: secret, SALLYPORT_ROOT_KEY: `${key}x` })
    expect(read).toThrow(ConfigError)
    expect(read).not.toThrow(/hunter2/)
    expect(read).not.toThrow(new RegExp(key.slice(0, 12)))
  })

  it('prints secrets as [secret], however they are printed', () => {
    verifies('S-38')
    const config = readConfig({
      DATABASE_URL: 'postgres://u:hunter2@db/x',
      SALLYPORT_ROOT_KEY: key,
    })
    for (const text of [JSON.stringify(config), inspect(config), `${config.databaseUrl}`]) {
      expect(text).toContain('[secret]')
      expect(text).not.toContain('hunter2')
    }
    expect(config.databaseUrl?.reveal()).toBe('postgres://u:hunter2@db/x')
  })

  it('reads a secret from the file that …_FILE names, and refuses both at once', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'config-')), 'key')
    writeFileSync(path, `${key}\n`)
    expect(readConfig({ SALLYPORT_ROOT_KEY_FILE: path }).keys.rootKey?.reveal()).toBe(key)
    expect(() => readConfig({ SALLYPORT_ROOT_KEY_FILE: path, SALLYPORT_ROOT_KEY: key })).toThrow(
      'SALLYPORT_ROOT_KEY and SALLYPORT_ROOT_KEY_FILE are both set',
    )
    expect(() => readConfig({ SALLYPORT_ROOT_KEY_FILE: `${path}.missing` })).toThrow(
      'SALLYPORT_ROOT_KEY_FILE names a file that cannot be read (ENOENT)',
    )
  })

  it('makes up no root key for a database that is shared', () => {
    expect(() => readConfig({ DATABASE_URL: 'postgres://db/x' })).toThrow('SALLYPORT_ROOT_KEY')
  })

  it('shares jobs and limits only where there is a database to share', () => {
    const shared = { DATABASE_URL: 'postgres://db/x', SALLYPORT_ROOT_KEY: key }
    const redis = { REDIS_URL: 'rediss://u:hunter2@redis.example:6380/1' }
    expect(() => readConfig(redis)).toThrow('REDIS_URL is set without DATABASE_URL')
    expect(() => readConfig({ SALLYPORT_JOBS: 'off' })).toThrow('SALLYPORT_JOBS must be on')
    expect(() => readConfig({ ...shared, REDIS_URL: 'redis.example:6379' })).toThrow('redis://')
    const config = readConfig({ ...shared, ...redis, SALLYPORT_JOBS: 'off' })
    expect(config.jobs).toBe('off')
    expect(config.redisUrl?.reveal()).toBe(redis.REDIS_URL)
    expect(inspect(config)).not.toContain('hunter2')
  })

  it('limits the requests of agents where it is told how many a second', () => {
    expect(readConfig({}).doorLimit).toBeUndefined()
    const perSecond = { SALLYPORT_AGENT_REQUESTS_PER_SECOND: '5' }
    expect(readConfig(perSecond).doorLimit).toEqual({ perSecond: 5, burst: 50 })
    const burst = { SALLYPORT_AGENT_REQUESTS_BURST: '7' }
    expect(readConfig({ ...perSecond, ...burst }).doorLimit).toEqual({ perSecond: 5, burst: 7 })
    expect(() => readConfig(burst)).toThrow('without SALLYPORT_AGENT_REQUESTS_PER_SECOND')
    expect(() => readConfig({ SALLYPORT_AGENT_REQUESTS_PER_SECOND: '0' })).toThrow('PER_SECOND')
  })

  it('takes an empty variable as one that is not set', () => {
    expect(readConfig({ SALLYPORT_PORT: '', DATABASE_URL: '' })).toMatchObject({ port: 4770 })
  })

  it('cuts the slash off the public URL, since it is the issuer', () => {
    expect(readConfig({ SALLYPORT_PUBLIC_URL: 'https://vault.example/' }).publicUrl).toBe(
      'https://vault.example',
    )
    for (const url of ['ftp://x', 'https://u:p@x', 'https://x?a']) {
      expect(() => readConfig({ SALLYPORT_PUBLIC_URL: url })).toThrow('SALLYPORT_PUBLIC_URL')
    }
  })
})
