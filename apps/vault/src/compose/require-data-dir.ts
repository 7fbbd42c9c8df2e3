import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { ConfigError } from '../config.ts'

/**
 * Refuses a data directory in which nothing could be kept, and makes nothing: where there is none yet, the directory above
 * that would hold it is asked. Throws ConfigError.
 */
export function requireDataDir(dataDir: string): void {
  let existing = dataDir
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing)
  if (!statSync(existing).isDirectory()) {
    throw new ConfigError(`SALLYPORT_DATA_DIR: ${existing} is not a directory.`)
  }
  try {
    accessSync(existing, constants.W_OK | constants.X_OK)
  } catch (cause) {
    const whose = existing === dataDir ? '' : `, which would hold ${dataDir},`
    throw new ConfigError(
      `SALLYPORT_DATA_DIR: ${existing}${whose} may not be written by this user. Give it to the user that runs the vault, or name another directory.`,
      { cause },
    )
  }
}
