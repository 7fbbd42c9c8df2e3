import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigError } from '../config.ts'

/** Beside the bundle, or at the top of the repository where the sources run. */
export function findMigrations(): string {
  const found = ['./drizzle', '../drizzle', '../../../../drizzle']
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((folder) => existsSync(join(folder, 'meta', '_journal.json')))
  if (found === undefined) throw new ConfigError('The migrations are missing from this build.')
  return found
}
