import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The setup token of a vault without an owner: `<data dir>/setup-token`, readable by its user alone, until it is used. */
export function createSetupTokenFile(dataDir: string) {
  const path = join(dataDir, 'setup-token')
  return {
    write(token: string): void {
      mkdirSync(dataDir, { recursive: true, mode: 0o700 })
      rmSync(path, { force: true })
      writeFileSync(path, `${token}\n`, { mode: 0o600, flag: 'wx' })
    },
    remove: (): void => rmSync(path, { force: true }),
  }
}
