import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { expect, it, onTestFinished } from 'vitest'
import { openLogStream } from './log-stream.ts'

function aFile(flags: string) {
  const folder = mkdtempSync(join(tmpdir(), 'log-'))
  const path = join(folder, 'log')
  writeFileSync(path, '')
  const descriptor = openSync(path, flags)
  onTestFinished(() => {
    closeSync(descriptor)
    rmSync(folder, { recursive: true })
  })
  return { path, descriptor }
}

it('writes lines as they come', () => {
  const { path, descriptor } = aFile('a')
  pino({}, openLogStream(descriptor)).info('here')
  expect(readFileSync(path, 'utf8')).toContain('"msg":"here"')
})

it('drops what nobody takes, and neither ends the process nor waits, however it is said', () => {
  // What is opened to be read takes no line, as a terminal that was closed.
  const log = pino({}, openLogStream(aFile('r').descriptor))
  log.info('said')
  log.fatal('said before the process ends')
  log.flush()
})
