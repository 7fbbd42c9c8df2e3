import { randomBytes } from 'node:crypto'
import { createAuditKeys } from '../../apps/vault/src/credentials/audit-keys.ts'
import { openSecrets } from '../../apps/vault/src/credentials/installation-secrets.ts'
import { createKeyring } from '../../apps/vault/src/credentials/keyring.ts'
import { createRootKey, parseRootKey } from '../../apps/vault/src/credentials/root-key.ts'
import { onlyRootKey } from '../../apps/vault/src/credentials/root-keys.ts'
import type { Database } from '../../apps/vault/src/store/database.ts'
import { createRootKeyStore } from '../../apps/vault/src/store/root-keys.ts'
import { createWorkspaceKeyStore } from '../../apps/vault/src/store/workspace-keys.ts'

/** What the vault itself would seal and sign with, for rows that are written past it. */
export type VaultKeys = Awaited<ReturnType<typeof openVaultKeys>>

/** Opens the keys of a vault that was started with this root key. */
export async function openVaultKeys(database: Database, rootKey: string) {
  const rootKeys = onlyRootKey(createRootKey(parseRootKey(rootKey)))
  const secrets = await openSecrets(await createRootKeyStore(database).listSecrets(), rootKeys.find)
  const workspaceKeys = createWorkspaceKeyStore(database)
  return {
    audit: createAuditKeys(secrets['audit-mac'], secrets['audit-signing']),
    keyring: createKeyring({ rootKeys, workspaceKeys, randomBytes }),
  }
}
