import { configChecks } from './compose/config-checks.ts'
import { type OperatorKeys, openOperatorKeys } from './compose/keys.ts'
import { type Environment, readConfig } from './config.ts'

// The entry point of whoever looks after keys: the environment of the vault in, what can be done with its keys out.

/** Opens the keys of the installation that this environment belongs to. Throws ConfigError and RootKeyError (exit code 78). */
export const openKeys = (environment: Environment): Promise<OperatorKeys> =>
  openOperatorKeys(readConfig(environment, configChecks))
