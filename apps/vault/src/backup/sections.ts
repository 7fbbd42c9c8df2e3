import { Readable } from 'node:stream'
import { BackupError } from './backup-header.ts'

// What is in a backup: named sections one after the other, each a line of JSON and then frames of bytes, and a line that says the end.

/** A table as rows of PostgreSQL's COPY, or a file. */
export type Section =
  | { readonly table: string; readonly columns: readonly string[] }
  | { readonly file: string }

/** A section with what is in it. */
export interface FilledSection {
  readonly section: Section
  readonly content: AsyncIterable<Uint8Array>
}

/** Rows come one by one; they are written together up to about so many bytes. */
const frameBytes = 256 * 1024
/** A row may hold a request of megabytes, as text of twice its length. */
const frameBytesMax = 256 * 1024 * 1024
const lineBytesMax = 1024 * 1024
const lengthBytes = 4
const endLine = Buffer.from('{"end":true}\n')

/** Writes sections as one stream of bytes. */
export async function* writeSections(
  sections: AsyncIterable<FilledSection>,
): AsyncGenerator<Buffer> {
  for await (const { section, content } of sections) {
    yield Buffer.from(`${JSON.stringify(section)}\n`)
    let gathered: Uint8Array[] = []
    let size = 0
    for await (const bytes of content) {
      gathered.push(bytes)
      size += bytes.length
      if (size < frameBytes) continue
      yield* frame(gathered, size)
      gathered = []
      size = 0
    }
    if (size > 0) yield* frame(gathered, size)
    yield* frame([], 0)
  }
  yield endLine
}

function* frame(parts: readonly Uint8Array[], size: number): Generator<Buffer> {
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt32BE(size)
  yield Buffer.concat([length, ...parts])
}

/** Reads them again, each to its end before the next. Throws BackupError where they do not end as they should. */
export async function* readSections(
  bytes: AsyncIterable<Buffer>,
): AsyncGenerator<{ readonly section: Section; readonly content: Readable }> {
  const reader = createReader(bytes)
  try {
    for (;;) {
      const line = await reader.line()
      if (line === endLine.toString().trimEnd()) break
      const state = { isRead: false }
      const content = Readable.from(framesOf(reader, state), { objectMode: true })
      yield { section: readSection(line), content }
      if (!state.isRead) for await (const _ of content); // What nobody wanted is passed over.
    }
    if (await reader.hasMore()) throw broken()
  } finally {
    await reader.close()
  }
}

async function* framesOf(
  reader: ReturnType<typeof createReader>,
  state: { isRead: boolean },
): AsyncGenerator<Buffer> {
  for (;;) {
    const length = (await reader.exactly(lengthBytes)).readUInt32BE()
    if (length > frameBytesMax) throw broken()
    if (length === 0) break
    yield await reader.exactly(length)
  }
  state.isRead = true
}

function readSection(line: string): Section {
  const read = JSON.parse(line) as Section
  if ('table' in read ? Array.isArray(read.columns) : typeof read.file === 'string') return read
  throw broken()
}

function createReader(bytes: AsyncIterable<Buffer>) {
  const source = bytes[Symbol.asyncIterator]()
  let held: Buffer = Buffer.alloc(0)
  async function more(): Promise<boolean> {
    const { done, value } = await source.next()
    if (done === true) return false
    held = held.length === 0 ? value : Buffer.concat([held, value])
    return true
  }
  function take(length: number): Buffer {
    const taken = held.subarray(0, length)
    held = held.subarray(length)
    return taken
  }
  return {
    async line(): Promise<string> {
      let end = held.indexOf(0x0a)
      while (end < 0) {
        if (held.length > lineBytesMax || !(await more())) throw broken()
        end = held.indexOf(0x0a)
      }
      return take(end + 1)
        .toString('utf8')
        .trimEnd()
    },
    async exactly(length: number): Promise<Buffer> {
      const parts: Buffer[] = []
      let missing = length
      while (missing > 0) {
        if (held.length === 0 && !(await more())) throw broken()
        const part = take(Math.min(missing, held.length))
        parts.push(part)
        missing -= part.length
      }
      return Buffer.concat(parts)
    },
    hasMore: async () => held.length > 0 || more(),
    close: async () => void (await source.return?.()),
  }
}

const broken = () => new BackupError('The backup does not hold what it should.')
