import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import module from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

interface KeepCompiled {
  ownFolder(bundleFolder: string, userId: number): string | undefined
}

const file = new URL('../bin/keep-compiled.js', import.meta.url)
const { ownFolder }: KeepCompiled = await import(file.href)
const userId = process.geteuid?.() ?? -1

let bundle = ''
beforeEach(() => {
  bundle = mkdtempSync(join(tmpdir(), 'keep-compiled-'))
})
afterEach(() => rmSync(bundle, { recursive: true, force: true }))

describe.skipIf(process.geteuid === undefined)('compiled code', () => {
  it('is kept beside the bundle, where nobody else may look', () => {
    const folder = join(bundle, '.compiled')
    expect(ownFolder(bundle, userId)).toBe(folder)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(ownFolder(bundle, userId)).toBe(folder)
  })

  it.each([0o775, 0o757, 0o777, 0o1777])('is not kept in a folder of mode %o', (mode) => {
    chmodSync(bundle, mode)
    expect(ownFolder(bundle, userId)).toBeUndefined()
    expect(existsSync(join(bundle, '.compiled'))).toBe(false)
  })

  it('is not taken from a folder that others could write, once made', () => {
    mkdirSync(join(bundle, '.compiled'))
    chmodSync(join(bundle, '.compiled'), 0o770)
    expect(ownFolder(bundle, userId)).toBeUndefined()
  })

  it('is not kept in another user’s bundle', () => {
    expect(ownFolder(bundle, userId + 1)).toBeUndefined()
  })

  it('is not kept where a link or a file leads', () => {
    const elsewhere = join(bundle, 'elsewhere')
    mkdirSync(elsewhere)
    symlinkSync(elsewhere, join(bundle, '.compiled'))
    expect(ownFolder(bundle, userId)).toBeUndefined()
    rmSync(join(bundle, '.compiled'))
    writeFileSync(join(bundle, '.compiled'), '')
    expect(ownFolder(bundle, userId)).toBeUndefined()
    symlinkSync(bundle, join(elsewhere, 'bundle'))
    rmSync(join(bundle, '.compiled'))
    expect(ownFolder(join(elsewhere, 'bundle'), userId)).toBeUndefined()
  })

  it('is not kept where there is no bundle', () => {
    expect(ownFolder(join(bundle, 'gone'), userId)).toBeUndefined()
  })
})

// Node 20 cannot keep what it compiled.
describe.runIf('enableCompileCache' in module)('what Node kept', () => {
  const entries = () =>
    readdirSync(join(bundle, '.compiled'), { recursive: true, encoding: 'utf8' })
      .map((name) => join(bundle, '.compiled', name))
      .filter((path) => statSync(path).isFile())
  const run = () => {
    const script = `import { keepCompiled } from ${JSON.stringify(file.href)}
      keepCompiled(${JSON.stringify(bundle)})
      await import(${JSON.stringify(pathToFileURL(join(bundle, 'said.mjs')).href)})`
    const flags = ['--input-type=module', '-e', script]
    return execFileSync(process.execPath, flags, { encoding: 'utf8' }).trim()
  }
  const say = (word: string) =>
    writeFileSync(
      join(bundle, 'said.mjs'),
      `const say = () => { console.log('${word}') }\nsay()\nexport { say }`,
    )

  it('is not run once it was altered or cut off, or when the bundle is another one', () => {
    say('first')
    expect([run(), run()]).toEqual(['first', 'first'])
    const [kept = '', ...others] = entries()
    expect(others).toEqual([])
    const whole = readFileSync(kept)
    const altered = Buffer.from(whole)
    altered.fill(0x41, Math.floor(whole.length / 2))
    for (const contents of [altered, whole.subarray(0, whole.length / 2), Buffer.alloc(0)]) {
      writeFileSync(kept, contents)
      expect(run()).toBe('first')
    }
    // As long as the first one.
    say('other')
    writeFileSync(kept, whole)
    expect(run()).toBe('other')
  })
})
