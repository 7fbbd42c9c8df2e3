import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'

/** How an answer's bytes may be packed (RFC 9110 §8.4.1), in the order of preference. */
export const encodings = ['br', 'gzip'] as const
export type Encoding = (typeof encodings)[number]

/** A file of the built dashboard, as it is sent. */
export interface DashboardFile {
  readonly type: string
  /** Hashed over the bytes, unquoted. */
  readonly etag: string
  /** Its name holds a hash of its bytes, so that what it names never changes. */
  readonly isImmutable: boolean
  readonly plain: Uint8Array<ArrayBuffer>
  readonly packed: Readonly<Partial<Record<Encoding, Uint8Array<ArrayBuffer>>>>
}

/** The built dashboard in memory. */
export interface Dashboard {
  /** index.html, cut where the nonce goes. */
  readonly page: readonly [before: string, after: string]
  /** By absolute path. index.html is not among them. */
  readonly files: ReadonlyMap<string, DashboardFile>
}

const filesMax = 1_000
const bytesMax = 32 * 1024 * 1024
const nonceMark = '<meta name="csp-nonce" content="'

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
}
const suffixes: Readonly<Record<Encoding, string>> = { br: '.br', gzip: '.gz' }

/**
 * Reads the dashboard that apps/dashboard/build.mjs made, once, so that no request ever names a file of this machine.
 * Throws Error where it is not what that build makes.
 */
export function readDashboard(folder: string): Dashboard {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== '.stamp')
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length).replaceAll('\\', '/'))
  if (names.length > filesMax) throw new Error(`The dashboard has more than ${filesMax} files`)
  const bytes = new Map(names.map((name) => [name, readBytes(join(folder, name))]))
  const total = [...bytes.values()].reduce((sum, { length }) => sum + length, 0)
  if (total > bytesMax) throw new Error(`The dashboard has more than ${bytesMax} bytes`)
  const files = names.flatMap((path) => {
    const type = types[extname(path)]
    const plain = bytes.get(path)
    if (type === undefined || plain === undefined) return []
    const packed = Object.fromEntries(
      encodings.flatMap((encoding) => {
        const found = bytes.get(path + suffixes[encoding])
        return found === undefined ? [] : [[encoding, found]]
      }),
    )
    const etag = createHash('sha256').update(plain).digest('base64url').slice(0, 22)
    const isImmutable = path.startsWith('/assets/')
    return [[path, { type, etag, isImmutable, plain, packed }] as const]
  })
  return { page: readPage(bytes.get('/index.html')), files: new Map(files) }
}

const readBytes = (path: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(path))

function readPage(bytes: Uint8Array | undefined): Dashboard['page'] {
  const html = new TextDecoder().decode(bytes)
  const at = html.indexOf(nonceMark)
  if (at < 0) throw new Error('The dashboard has no index.html with a place for the nonce')
  const cut = at + nonceMark.length
  return [html.slice(0, cut), html.slice(cut)]
}
