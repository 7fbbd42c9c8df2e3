import { execFileSync } from 'node:child_process'
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import pino from 'pino'
import { expect, it, onTestFinished } from 'vitest'
import { openLogStream } from './log-stream.ts'

function aFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'log-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

function open(path: string, flags: string | number): number {
  const descriptor = openSync(path, flags)
  onTestFinished(() => closeSync(descriptor))
  return descriptor
}

function aFile(flags: string) {
  const path = join(aFolder(), 'log')
  writeFileSync(path, '')
  return { path, descriptor: open(path, flags) }
}

/** What is written there waits for its reader, who may be behind. */
function aPipe() {
  const path = join(aFolder(), 'pipe')
  execFileSync('mkfifo', [path])
  const openEnd = (flag: number) => openSync(path, flag | constants.O_NONBLOCK)
  const reader = openEnd(constants.O_RDONLY)
  const descriptor = open(path, constants.O_WRONLY | constants.O_NONBLOCK)
  return { descriptor, reader, readAgain: () => openEnd(constants.O_RDONLY) }
}

function readAll(reader: number): string {
  const bytes = Buffer.alloc(4_194_304)
  return bytes.toString('utf8', 0, readSync(reader, bytes))
}

it('writes lines as they come', () => {
  const { path, descriptor } = aFile('a')
  pino({}, openLogStream(descriptor)).info('here')
  expect(readFileSync(path, 'utf8')).toContain('"msg":"here"')
})

it('drops what nobody takes, and neither ends the process nor waits, however it is said', () => {
  // What is opened to be read takes no line, as a terminal that was closed.
  const log = pino({}, openLogStream(aFile('r').descriptor))
  const startedMs = performance.now()
  for (let lines = 0; lines < 10; lines += 1) log.info('said')
  log.fatal('said before the process ends')
  log.flush()
  expect(performance.now() - startedMs).toBeLessThan(500)
})

it('goes on where lines are taken again, after whatever kept them', () => {
  const { descriptor, reader, readAgain } = aPipe()
  const { write } = openLogStream(descriptor)
  closeSync(reader)
  write('nobody reads\n')
  const another = readAgain()
  write('somebody reads\n')
  expect(readAll(another)).toBe('somebody reads\n')
  closeSync(another)
})

it('waits once for a reader who is behind, and leaves no line in another', () => {
  const { descriptor, reader } = aPipe()
  const { write } = openLogStream(descriptor)
  const startedMs = performance.now()
  write(`${'x'.repeat(2_000_000)}\n`)
  const waitedMs = performance.now() - startedMs
  for (let lines = 0; lines < 10; lines += 1) write('dropped\n')
  expect(performance.now() - startedMs).toBeLessThan(2 * waitedMs)
  expect(readAll(reader)).toMatch(/^x+$/)
  write('next\n')
  write('and next\n')
  expect(readAll(reader)).toBe('\nnext\nand next\n')
  closeSync(reader)
})
