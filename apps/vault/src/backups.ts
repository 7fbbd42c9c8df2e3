import { type BackupSummary, type BackupTold, backUp, checkBackup } from './compose/backup.ts'
import { configChecks } from './compose/config-checks.ts'
import { restore } from './compose/restore.ts'
import { type Environment, readConfig } from './config.ts'

// The entry point of whoever backs a vault up: the environment of the vault in, what can be done out.

declare const SALLYPORT_VERSION: string

/** Each throws ConfigError and RootKeyError (exit code 78), BackupError, and `store-unavailable`. */
export interface Backups {
  /** Writes a backup to a new file, while the vault runs or not. */
  backUp(path: string): Promise<BackupSummary>
  /** Reads a backup to its end; changes nothing. */
  check(path: string): Promise<BackupSummary>
  /** Makes a vault out of a backup where there is none. `freezes`: its agents stand still until an owner has looked. */
  restore(path: string, how: { readonly freezes: boolean }): Promise<BackupSummary>
}

/** Opens nothing yet. */
export function openBackups(environment: Environment, told: BackupTold): Backups {
  const needs = {
    config: readConfig(environment, configChecks),
    version: SALLYPORT_VERSION,
    ...told,
  }
  return {
    backUp: (path) => backUp(path, needs),
    check: (path) => checkBackup(path, needs),
    restore: (path, { freezes }) => restore(path, { ...needs, freezes }),
  }
}
