import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  findStoredToken,
  readJsonFile,
  readSettings,
  readStoredToken,
  storeToken,
  tokensPath,
  writeFileWhole,
} from './settings.ts'

const base = mkdtempSync(join(tmpdir(), 'cli-settings-'))
const folder = () => mkdtempSync(join(base, 'f-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))
const modeOf = (path: string) => statSync(path).mode & 0o777

describe('where the vault is', () => {
  it('is --url, else the base URL, else the public URL, else this machine', () => {
    const environment = {
      SALLYPORT_BASE_URL: 'https://base.example.com/',
      SALLYPORT_PUBLIC_URL: 'https://public.example.com',
      SALLYPORT_PORT: '4771',
    }
    const urlOf = (without: string[], url?: string) =>
      readSettings(
        Object.fromEntries(Object.entries(environment).filter(([name]) => !without.includes(name))),
        url,
      ).baseUrl
    expect(urlOf([], 'https://given.example.com//')).toBe('https://given.example.com')
    expect(urlOf([])).toBe('https://base.example.com')
    expect(urlOf(['SALLYPORT_BASE_URL'])).toBe('https://public.example.com')
    expect(urlOf(['SALLYPORT_BASE_URL', 'SALLYPORT_PUBLIC_URL'])).toBe('http://127.0.0.1:4771')
    expect(readSettings({}).baseUrl).toBe('http://127.0.0.1:4770')
  })

  it.each([
    ['0.0.0.0', 'http://127.0.0.1:4770'],
    ['::', 'http://127.0.0.1:4770'],
    ['::1', 'http://[::1]:4770'],
    ['192.0.2.7', 'http://192.0.2.7:4770'],
  ])('can be reached where the vault listens on %s', (host, url) => {
    expect(readSettings({ SALLYPORT_HOST: host }).baseUrl).toBe(url)
  })

  it.each([
    'nonsense',
    'ftp://x',
    'https://me:pw-of-mine@x',
    'https://x/?a=b',
    'https://x/#a',
    'file:///x',
  ])('is refused as %s, without repeating what it may hold', (url) => {
    expect(() => readSettings({}, url)).toThrow('address must be like')
    expect(() => readSettings({}, url)).not.toThrow('pw-of-mine')
  })

  it('is repeated in the commands that are shown only where it was given', () => {
    expect(readSettings({}, 'http://localhost:1').urlOption).toBe(' --url http://localhost:1')
    expect(readSettings({ SALLYPORT_BASE_URL: 'http://localhost:1' }).urlOption).toBe('')
  })
})

describe('a JSON file', () => {
  it.each(['{', '[]', '"x"', 'null', '', '{"a":1,}'])(
    'with %j is refused and left alone',
    (text) => {
      const path = join(folder(), 'config.json')
      writeFileSync(path, text)
      expect(() => readJsonFile(path)).toThrow(`${path} is not a JSON object`)
      expect(readFileSync(path, 'utf8')).toBe(text)
    },
  )

  it('that is not there is nothing', () => {
    expect(readJsonFile(join(folder(), 'none.json'))).toBeUndefined()
  })
})

describe('a file that is written', () => {
  it('is readable by its owner alone where it is secret, whatever it was before', () => {
    const path = join(folder(), 'deep', 'tokens.json')
    writeFileWhole(path, 'one', { secret: true })
    expect(modeOf(path)).toBe(0o600)
    chmodSync(path, 0o644)
    writeFileWhole(path, 'two', { secret: true })
    expect(modeOf(path)).toBe(0o600)
    expect(modeOf(join(path, '..'))).toBe(0o700)
  })

  it('keeps the mode that its owner gave it, and the link that leads to it', () => {
    const place = folder()
    const [path, link] = [join(place, 'real.json'), join(place, 'link.json')]
    writeFileSync(path, 'one', { mode: 0o600 })
    symlinkSync(path, link)
    writeFileWhole(link, 'two', { secret: false })
    expect(readFileSync(path, 'utf8')).toBe('two')
    expect(modeOf(path)).toBe(0o600)
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
  })

  it('leaves nothing beside it', () => {
    const place = folder()
    writeFileWhole(join(place, 'a.json'), 'one', { secret: true })
    expect(readdirSync(place)).toEqual(['a.json'])
  })
})

describe('the owner’s token', () => {
  const settingsIn = (place: string, url?: string) => readSettings({ XDG_CONFIG_HOME: place }, url)
  const token = { token: 'spp_a', tokenId: 'tok_1', expiresAt: '2030-01-01T00:00:00.000Z' }
  const beforeMs = Date.parse(token.expiresAt) - 1

  it('is kept for its own vault alone, in a file that only its owner can read', () => {
    const place = folder()
    const [one, other] = [
      settingsIn(place, 'http://localhost:1'),
      settingsIn(place, 'http://localhost:2'),
    ]
    storeToken(one, token)
    expect(findStoredToken(one, beforeMs)).toBe('spp_a')
    expect(findStoredToken(other, beforeMs)).toBeUndefined()
    expect(modeOf(tokensPath(one))).toBe(0o600)
    storeToken(other, { ...token, token: 'spp_b' })
    storeToken(one, undefined)
    expect(readStoredToken(one)).toBeUndefined()
    expect(findStoredToken(other, beforeMs)).toBe('spp_b')
  })

  it('is not used from the moment that it expires', () => {
    const settings = settingsIn(folder())
    storeToken(settings, token)
    expect(findStoredToken(settings, beforeMs)).toBe('spp_a')
    expect(findStoredToken(settings, beforeMs + 1)).toBeUndefined()
    storeToken(settings, { ...token, expiresAt: 'garbage' })
    expect(findStoredToken(settings, 0)).toBeUndefined()
  })

  it.each(['"x"', '{"token":1,"expiresAt":"2030-01-01T00:00:00Z"}', '{"token":"spp_a"}', '[]'])(
    'written by hand as %s counts as none',
    (entry) => {
      const settings = settingsIn(folder())
      storeToken(settings, token)
      writeFileSync(tokensPath(settings), `{"${settings.baseUrl}":${entry}}`)
      expect(readStoredToken(settings)).toBeUndefined()
    },
  )
})
