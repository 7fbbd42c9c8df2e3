import { randomBytes } from 'node:crypto'
import { configChecks } from './compose/config-checks.ts'
import { examine } from './compose/examine.ts'
import { findMigrations } from './compose/find-migrations.ts'
import { ConfigError, type Environment, readConfig } from './config.ts'
import { type Finding, fail } from './doctor/finding.ts'

// The entry point of whoever looks at a vault from where it runs, without starting it: the same environment in, findings out.

export type { Finding } from './doctor/finding.ts'

/** Looks at all that a vault of this environment would stand on. Changes nothing, and never throws for what is wrong there. */
export async function examineVault(environment: Environment): Promise<readonly Finding[]> {
  try {
    const config = readConfig(environment, configChecks)
    return await examine({ config, environment, randomBytes, migrationsFolder: findMigrations() })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return [fail('configuration', error.message)]
  }
}
