// Archives as npm reads them (gzipped ustar), the same bytes for the same files: sorted by their names, of one date and one owner.
// pnpm's have neither a certain order nor, packed several at a time, always their licence.
import { gunzipSync, gzipSync } from 'node:zlib'

const blockBytes = 512
/** What npm and pnpm write in place of a date: 26 October 1985, 08:15 UTC. */
const mtimeSeconds = 499_162_500
const nameBytesMax = 100
const regularFile = '0'

/** The files of an archive: `{ name, mode, bytes }`. Throws Error for an archive that holds anything but files of plain names. */
export function readTar(archive) {
  const tar = gunzipSync(archive)
  const files = []
  for (let at = 0; tar[at] !== 0 && at < tar.length; ) {
    const header = tar.subarray(at, at + blockBytes)
    const type = String.fromCharCode(header[156])
    if (type !== regularFile) throw new Error(`The archive holds an entry of type ${type}`)
    const [prefix, name] = [textAt(header, 345, 155), textAt(header, 0, nameBytesMax)]
    const size = Number.parseInt(textAt(header, 124, 12), 8)
    const start = at + blockBytes
    files.push({
      name: prefix === '' ? name : `${prefix}/${name}`,
      mode: Number.parseInt(textAt(header, 100, 8), 8),
      bytes: tar.subarray(start, start + size),
    })
    at = start + Math.ceil(size / blockBytes) * blockBytes
  }
  return files
}

/** Writes them, sorted. Throws RangeError for a name that ustar has no room for. */
export function writeTar(files) {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1))
  const parts = sorted.flatMap(({ name, mode, bytes }) => [
    headerOf(name, mode, bytes.length),
    bytes,
    Buffer.alloc((blockBytes - (bytes.length % blockBytes)) % blockBytes),
  ])
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)]), { level: 9 })
}

function headerOf(name, mode, size) {
  const header = Buffer.alloc(blockBytes)
  const [prefix, rest] = split(name)
  header.write(rest, 0)
  header.write(octal(mode & 0o777, 7), 100)
  header.write(octal(0, 7), 108)
  header.write(octal(0, 7), 116)
  header.write(octal(size, 11), 124)
  header.write(octal(mtimeSeconds, 11), 136)
  // The sum is taken with blanks in its place.
  header.write(' '.repeat(8), 148)
  header.write(regularFile, 156)
  header.write('ustar\u000000', 257)
  header.write(prefix, 345)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${octal(sum, 6)}\u0000 `, 148)
  return header
}

/** A name of more than 100 bytes is parted at a slash. */
function split(name) {
  if (Buffer.byteLength(name) <= nameBytesMax) return ['', name]
  const at = name.indexOf('/', name.length - nameBytesMax - 1)
  if (at < 1 || at > 155) throw new RangeError(`The name is too long for an archive: ${name}`)
  return [name.slice(0, at), name.slice(at + 1)]
}

const octal = (number, digits) => number.toString(8).padStart(digits, '0')
const textAt = (header, at, bytes) =>
  header
    .subarray(at, at + bytes)
    .toString()
    .replace(/[\0 ].*$/s, '')
