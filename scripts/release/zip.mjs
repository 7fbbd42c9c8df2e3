// A ZIP archive of a few files, the same bytes for the same files: in their order, of one date, without what tells the machine.
import { crc32, deflateRawSync } from 'node:zlib'

const versionNeeded = 20
/** Made by UNIX, so that the modes of files count. */
const versionMadeBy = (3 << 8) | versionNeeded
const namesAreUtf8 = 1 << 11
const deflated = 8
const msdosTime = 0
/** 1 January 1980, the first date that the format has. */
const msdosDate = (1 << 5) | 1
const regularFile = 0o100000

/** Packs `files`: `{ name, bytes, mode }`, with modes as 0o644. Throws RangeError for what would need ZIP64. */
export function zip(files) {
  const parts = []
  const directory = []
  let offset = 0
  for (const { name, bytes, mode } of files) {
    const entry = { name: Buffer.from(name), mode, offset, bytes, packed: deflateRawSync(bytes) }
    const header = Buffer.concat([localHeader(entry), entry.name])
    parts.push(header, entry.packed)
    directory.push(centralHeader(entry), entry.name)
    offset += header.length + entry.packed.length
  }
  const central = Buffer.concat(directory)
  return Buffer.concat([...parts, central, end(files.length, central.length, offset)])
}

/** What the local and the central header have in common. */
function writeCommon(buffer, at, { bytes, packed, name }) {
  const numbers16 = [versionNeeded, namesAreUtf8, deflated, msdosTime, msdosDate]
  numbers16.forEach((number, index) => {
    buffer.writeUInt16LE(number, at + 2 * index)
  })
  buffer.writeUInt32LE(crc32(bytes), at + 10)
  buffer.writeUInt32LE(packed.length, at + 14)
  buffer.writeUInt32LE(bytes.length, at + 18)
  buffer.writeUInt16LE(name.length, at + 22)
}

function localHeader(entry) {
  const header = Buffer.alloc(30)
  header.writeUInt32LE(0x04034b50, 0)
  writeCommon(header, 4, entry)
  return header
}

function centralHeader(entry) {
  const header = Buffer.alloc(46)
  header.writeUInt32LE(0x02014b50, 0)
  header.writeUInt16LE(versionMadeBy, 4)
  writeCommon(header, 6, entry)
  header.writeUInt32LE(((regularFile | entry.mode) << 16) >>> 0, 38)
  header.writeUInt32LE(entry.offset, 42)
  return header
}

function end(count, bytes, offset) {
  const record = Buffer.alloc(22)
  record.writeUInt32LE(0x06054b50, 0)
  record.writeUInt16LE(count, 8)
  record.writeUInt16LE(count, 10)
  record.writeUInt32LE(bytes, 12)
  record.writeUInt32LE(offset, 16)
  return record
}
