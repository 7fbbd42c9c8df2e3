import type { StoredConnection } from '../connections/connection-store.ts'
import type { CredentialOpener } from '../connections/credential-opener.ts'
import type { OpenedCredential } from '../connections/opened-credential.ts'
import type { CredentialSlot } from '../execute/freeze-request.ts'

/** Where an opened credential goes: names and no values. */
export const slotOf = (opened: OpenedCredential): CredentialSlot => ({
  headerNames: opened.headers.map(([name]) => name),
  queryName: opened.query[0]?.[0],
  placeholder: opened.path?.placeholder,
})

/**
 * Where a connection's credential will go. It stays sealed where its kind says so already; else the name of the place
 * is sealed along with the secret, and has to be read from it. Problems: `connection-revoked`, `credential-unreadable`.
 */
export const createFindSlot =
  (opener: Pick<CredentialOpener, 'open'>) =>
  async (connection: StoredConnection): Promise<CredentialSlot> => {
    const { credentialKind } = connection
    return credentialKind === 'bearer' || credentialKind === 'basic'
      ? { headerNames: ['authorization'] }
      : slotOf(await opener.open(connection))
  }
