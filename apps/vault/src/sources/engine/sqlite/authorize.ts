import { constants } from '@photostructure/sqlite'
import type { SqliteTask } from './sqlite-task.ts'

type Authorizer = (action: number, ...names: (string | null)[]) => number

/** Of the library itself, which say where things stand or load code. */
const neverCalled = new Set(['load_extension', 'fts3_tokenizer', 'edit', 'readfile', 'writefile'])
/** Tables that are the file itself. */
const innerTable = /^(?:sqlite_|pragma_|dbstat$|bytecode$|tables_used$)/i

/**
 * Decides each thing that SQLite is about to do while it prepares a statement: what is not named here is denied, whatever the
 * parsers before made of the text. Views and triggers call what their owner wrote into them.
 */
export function createAuthorizer({ reach, functions }: SqliteTask): Authorizer | null {
  if (reach === 'catalog') return null
  const { SQLITE_OK, SQLITE_DENY } = constants
  const callable = new Set(functions)
  const written = new Set(
    reach === 'write'
      ? [constants.SQLITE_INSERT, constants.SQLITE_UPDATE, constants.SQLITE_DELETE]
      : [],
  )

  function mayCall(name: string, inView: boolean): boolean {
    if (neverCalled.has(name)) return false
    return reach !== 'query' || inView || callable.has(name)
  }

  // The last name is the view or the trigger that it stands in.
  return (action, ...[first, second, , inner]) => {
    if (action === constants.SQLITE_SELECT || action === constants.SQLITE_RECURSIVE) {
      return SQLITE_OK
    }
    if (action === constants.SQLITE_READ) {
      return reach === 'query' && innerTable.test(first ?? '') ? SQLITE_DENY : SQLITE_OK
    }
    if (action === constants.SQLITE_FUNCTION) {
      return mayCall((second ?? '').toLowerCase(), inner !== null) ? SQLITE_OK : SQLITE_DENY
    }
    // FTS5 asks whether the file has changed.
    if (action === constants.SQLITE_PRAGMA && first === 'data_version') return SQLITE_OK
    const isInner = /^sqlite_/i.test(first ?? '')
    return written.has(action) && !isInner ? SQLITE_OK : SQLITE_DENY
  }
}
