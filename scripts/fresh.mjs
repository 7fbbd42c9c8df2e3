// Whether what was made is up to date with what it was made from: a stamp holds a hash over the sources' names and bytes.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the workspace, without a trailing slash. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '')

const notSources = new Set(['node_modules', 'dist', '.types', '.sallyport'])

/**
 * Every file under these paths (relative to the workspace), in an order that does not depend on the file system.
 * What does not exist has no files.
 */
export function filesUnder(paths, base = root) {
  return paths.flatMap((path) => {
    let entries
    try {
      entries = readdirSync(join(base, path), { withFileTypes: true })
    } catch (error) {
      if (error.code === 'ENOTDIR') return [path]
      if (error.code === 'ENOENT') return []
      throw error
    }
    const kept = entries.filter((entry) => !notSources.has(entry.name) && !entry.isSymbolicLink())
    const names = kept.map((entry) => `${path}/${entry.name}`).sort()
    return filesUnder(names, base)
  })
}

/** SHA-256, hex, over names and bytes of the files, and over what else decides the outcome. */
export function hashOf(files, ...also) {
  const hash = createHash('sha256').update(JSON.stringify(also))
  for (const file of files) {
    const bytes = readFileSync(join(root, file))
    hash.update(`\0${file}\0${bytes.length}\0`).update(bytes)
  }
  return hash.digest('hex')
}

/** Whether the stamp file holds this hash. */
export function isStamped(stampPath, hash) {
  try {
    return readFileSync(stampPath, 'utf8') === hash
  } catch {
    return false
  }
}

/** Writes the hash into the stamp file: to be called when all is made, and not before. */
export function stamp(stampPath, hash) {
  mkdirSync(dirname(stampPath), { recursive: true })
  writeFileSync(stampPath, hash)
}
