import { createHash } from 'node:crypto'
import type { ServerSettings } from './server-store.ts'

/** What decides where the values of a server go, and what is run with them. */
type Place = Pick<ServerSettings, 'transport' | 'command' | 'args' | 'cwd' | 'url' | 'permission'>

/**
 * A digest of where a server’s values go. It is sealed with them: whoever edits the place in the database gets a server that
 * does not connect, not its secrets.
 */
export function placeOf(settings: Place): string {
  const { transport, command, args, cwd, url, permission } = settings
  const of = transport === 'stdio' ? [command, args, cwd, permission] : [url]
  return createHash('sha256')
    .update(JSON.stringify([transport, of]))
    .digest('hex')
}
