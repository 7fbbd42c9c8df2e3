import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { commitOf } from './commit.ts'

let folder = ''
const git = (...args: readonly string[]) =>
  execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.com', ...args], {
    cwd: folder,
    stdio: 'ignore',
  })

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'commit-'))
  mkdirSync(join(folder, 'bench/results'), { recursive: true })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('names the commit and whether anything but kept results differs from it', () => {
  expect(commitOf(folder)).toBeUndefined()
  writeFileSync(join(folder, 'code.ts'), 'one')
  writeFileSync(join(folder, 'bench/results/start.json'), '{}')
  git('init')
  git('add', '.')
  git('commit', '-m', 'One')
  const hash = expect.stringMatching(/^[0-9a-f]{7,}$/)
  expect(commitOf(folder)).toEqual({ hash, isClean: true })
  writeFileSync(join(folder, 'bench/results/start.json'), '{"name":"start"}')
  expect(commitOf(folder)).toEqual({ hash, isClean: true })
  writeFileSync(join(folder, 'code.ts'), 'two')
  expect(commitOf(folder)).toEqual({ hash, isClean: false })
})
