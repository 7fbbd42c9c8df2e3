// This room writes and reads backups: one file, sealed by the root key, that is whole or is none.

import { createReadStream } from 'node:fs'
import { type FileHandle, link, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable, type Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { BackupError, type BackupHeader, headerBytesMax, readHeader } from './backup-header.ts'
import { type FilledSection, readSections, writeSections } from './sections.ts'

/** Speed counts more than the last tenth of the size. */
const gzipLevel = 3

/**
 * Writes a backup to a new file of mode 0600, which has its name once it is whole and on disk. Throws BackupError where there is
 * something of that name.
 */
export async function writeBackup(given: {
  readonly path: string
  readonly header: Uint8Array
  readonly sections: AsyncIterable<FilledSection>
  readonly seal: Transform
}): Promise<{ bytes: number }> {
  const partial = `${given.path}.partial`
  await requireNothingAt(given.path)
  const file = await open(partial, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw explain(error, partial)
  })
  try {
    await file.write(given.header)
    await pipeline(
      Readable.from(writeSections(given.sections), { objectMode: false }),
      createGzip({ level: gzipLevel }),
      given.seal,
      // By hand: a stream on the handle would hold it, and the handle has to be synced before it is closed.
      async (sealed: AsyncIterable<Buffer>) => {
        for await (const bytes of sealed) await file.appendFile(bytes)
      },
    )
    await file.sync()
    const { size } = await file.stat()
    // Unlike a renaming it replaces nothing.
    await link(partial, given.path).catch((error: NodeJS.ErrnoException) => {
      throw explain(error, given.path)
    })
    return { bytes: size }
  } finally {
    await file.close().catch(() => undefined)
    await rm(partial, { force: true })
    await syncFolder(dirname(given.path))
  }
}

async function requireNothingAt(path: string): Promise<void> {
  const found = await open(path, 'r').catch((error: NodeJS.ErrnoException) => error.code)
  if (found === 'ENOENT') return
  if (typeof found === 'object') await found.close()
  throw new BackupError(`${path} is there already: a backup replaces nothing. Choose another name.`)
}

function explain(error: NodeJS.ErrnoException, path: string): Error {
  if (error.code === 'EEXIST') {
    return new BackupError(
      `${path} is there already: another backup may be at work. Remove it if none is.`,
    )
  }
  return new BackupError(`${path} cannot be written (${error.code ?? 'unknown'}).`)
}

/** So that the name is on disk as well. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => undefined) // Not every file system can.
  await handle?.close()
}

/** A backup that was opened: what it says of itself, and what is in it, from the beginning each time. */
export interface OpenedBackup {
  readonly header: BackupHeader
  /** The bytes that the seal is bound to. */
  readonly line: Buffer
  /** @throws BackupError, and what `unseal` fails with; what came before that is genuine, and not all */
  sections(unseal: Transform): ReturnType<typeof readSections>
}

/** Reads what a backup says of itself. Throws BackupError with a sentence. */
export async function openBackup(path: string): Promise<OpenedBackup> {
  const start = await readStart(path).catch((error: NodeJS.ErrnoException) => {
    throw new BackupError(`${path} cannot be read (${error.code ?? 'unknown'}).`)
  })
  const { header, line } = readHeader(start)
  return {
    header,
    line,
    sections(unseal) {
      const gunzip = createGunzip()
      // Whoever reads is told: a failure of any part ends the last one.
      pipeline(createReadStream(path, { start: line.length }), unseal, gunzip).catch(
        (error: Error) => gunzip.destroy(error),
      )
      return readSections(gunzip)
    },
  }
}

async function readStart(path: string): Promise<Uint8Array> {
  let file: FileHandle | undefined
  try {
    file = await open(path, 'r')
    const bytes = Buffer.alloc(headerBytesMax)
    const { bytesRead } = await file.read(bytes, 0, headerBytesMax, 0)
    return bytes.subarray(0, bytesRead)
  } finally {
    await file?.close()
  }
}
