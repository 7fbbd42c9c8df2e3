// Lets Node 22.1 and later keep what it compiled of the bundle, so that the next start need not compile it again.
import { lstatSync, mkdirSync } from 'node:fs'
import module from 'node:module'
import { join } from 'node:path'

const writableByOthers = 0o022

/**
 * Keeps compiled code in the bundle's own folder, or nowhere. It is code that will be run: beside the bundle, nobody can write it
 * who could not change the bundle itself. A folder that is read-only, of another user, writable by others or no folder at all is
 * left alone, and so is everything on a Node that cannot do this, and on Windows, where the mode says nothing.
 */
export function keepCompiled(bundleFolder) {
  const userId = process.geteuid?.()
  if (module.enableCompileCache === undefined || userId === undefined) return
  const folder = ownFolder(bundleFolder, userId)
  // Node looks at each entry before it takes it: its version, its flags, the text that was compiled, a checksum.
  if (folder !== undefined) module.enableCompileCache(folder)
}

/** The folder for compiled code in this one, where both belong to this user alone; made if need be. */
export function ownFolder(bundleFolder, userId) {
  const folder = join(bundleFolder, '.compiled')
  try {
    if (!isOwn(bundleFolder, userId)) return undefined
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    return isOwn(folder, userId) ? folder : undefined
  } catch {
    return undefined
  }
}

/** A link is none: it may lead to where others write. */
function isOwn(folder, userId) {
  const found = lstatSync(folder)
  return found.isDirectory() && found.uid === userId && (found.mode & writableByOthers) === 0
}
