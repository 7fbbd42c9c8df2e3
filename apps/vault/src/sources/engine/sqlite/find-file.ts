import { realpath, stat } from 'node:fs/promises'
import { isAbsolute, relative, sep } from 'node:path'
import { Problem } from '@sallyport/contracts'

/** A file that an operator's folder holds. */
export interface FoundFile {
  /** Links resolved. */
  readonly path: string
  readonly isWorldWritable: boolean
}

const setDirs =
  'The operator lists the folders of SQLite files in SALLYPORT_SQLITE_DIRS, and the owner names a file below one of them.'

/**
 * Finds the file of a source: below one of the operator's folders, after all links of both were resolved. What is elsewhere and
 * what is not there are refused in the same words.
 * @throws Problem address-refused
 */
export async function findSqliteFile(path: string, dirs: readonly string[]): Promise<FoundFile> {
  if (dirs.length === 0) throw refused('This vault opens no SQLite files.')
  const real = await realOf(path)
  const homes = await Promise.all(dirs.map(realOf))
  const isInside = homes.some(
    (home) => home !== undefined && real !== undefined && isBelow(home, real),
  )
  const found = isInside && real !== undefined ? await stat(real).catch(() => undefined) : undefined
  if (real === undefined || !found?.isFile()) {
    throw refused('There is no such file in the folders of SQLite files.')
  }
  return { path: real, isWorldWritable: (found.mode & 0o002) !== 0 }
}

const realOf = (path: string): Promise<string | undefined> =>
  isAbsolute(path) && !path.includes('\0')
    ? realpath(path).catch(() => undefined)
    : Promise.resolve(undefined)

function isBelow(home: string, path: string): boolean {
  const way = relative(home, path)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

const refused = (detail: string): Problem =>
  new Problem('address-refused', detail, { next: setDirs })
