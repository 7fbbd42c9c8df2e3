import type { Connection, updateConnection } from '@sallyport/contracts'
import type { z } from 'zod'

type Update = z.input<typeof updateConnection.input>

/**
 * What of an edited connection is to be sent: only what is not as it was, since a change of its addresses seals the key anew.
 * A test URL that was emptied is sent as null, which takes the stored one away.
 */
export function changesOf(connection: Connection, edited: Update): Update {
  const url = edited.testUrl === undefined || edited.testUrl === '' ? null : edited.testUrl
  const { connectionId, ...rest } = { ...edited, testUrl: url }
  const before: Readonly<Record<string, unknown>> = {
    ...connection,
    testUrl: connection.testUrl ?? null,
  }
  const changed = Object.entries(rest).filter(
    ([name, value]) =>
      value !== undefined && JSON.stringify(value) !== JSON.stringify(before[name]),
  )
  return { connectionId, ...Object.fromEntries(changed) }
}
