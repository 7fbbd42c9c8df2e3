import { signatureHeaders } from '../connections/aws-signature.ts'
import type { CredentialOpener } from '../connections/credential-opener.ts'
import type { OpenedCredential } from '../connections/opened-credential.ts'
import type { CredentialSlot } from '../execute/freeze-request.ts'
import type { ConnectionSnapshot } from '../execute/resolve-call.ts'

/** Where an opened credential goes: names and no values. */
const slotOf = (opened: OpenedCredential): CredentialSlot =>
  opened.ofCaller === undefined ? slotOfKeys(opened) : slotOfKeys(opened.ofCaller(unknownValue))

/** The place is the same whatever stands there. */
const unknownValue = 'unknown'

const slotOfKeys = (opened: OpenedCredential): CredentialSlot => ({
  headerNames: opened.headers.map(([name]) => name),
  queryNames: opened.query.map(([name]) => name),
  cookieNames: opened.cookies.map(([name]) => name),
  placeholder: opened.path?.placeholder,
})

const inAuthorization: CredentialSlot = { headerNames: ['authorization'] }
const nowhere: CredentialSlot = {}
const inSignature: CredentialSlot = { headerNames: signatureHeaders }

/**
 * Where a connection's credential will go. It stays sealed where its kind says so already; else the name of the place
 * is sealed along with the secret, and has to be read from it. Problems: `connection-revoked`, `credential-unreadable`.
 */
export function createFindSlot(opener: Pick<CredentialOpener, 'open' | 'peek'>) {
  const slots = new WeakMap<OpenedCredential, CredentialSlot>()
  const slotOnce = (opened: OpenedCredential) => {
    const known = slots.get(opened)
    if (known !== undefined) return known
    const slot = slotOf(opened)
    slots.set(opened, slot)
    return slot
  }
  return (connection: ConnectionSnapshot): CredentialSlot | Promise<CredentialSlot> => {
    switch (connection.credentialKind) {
      case 'header':
      case 'query':
      case 'path':
      case 'cookie':
      case 'caller':
      case 'several': {
        const opened = opener.peek(connection)
        return opened === undefined ? opener.open(connection).then(slotOnce) : slotOnce(opened)
      }
      case 'aws-sigv4':
        return inSignature
      case 'none':
      case 'upstream':
        return nowhere
      default:
        return inAuthorization
    }
  }
}
