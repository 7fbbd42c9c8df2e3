import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createRootKeyFile } from './root-key-file.ts'

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'root-key-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const prepare = (dataDir: string) =>
  createRootKeyFile({ dataDir, holdsData: false, isOptional: false, randomBytes }).prepare()

it('lies, at the first start in the folder of a project, where version control does not look', () => {
  const project = makeFolder()
  const dataDir = join(project, '.sallyport')
  prepare(dataDir)
  expect(readdirSync(dataDir).sort()).toEqual(['.gitignore', 'root-key'])
  expect(readFileSync(join(dataDir, '.gitignore'), 'utf8')).toBe('*\n')
  expect(statSync(dataDir).mode & 0o777).toBe(0o700)
  expect(readdirSync(project)).toEqual(['.sallyport'])
})

it('is all that is put into a directory that was there before', () => {
  const dataDir = makeFolder()
  prepare(dataDir)
  expect(readdirSync(dataDir)).toEqual(['root-key'])
})
