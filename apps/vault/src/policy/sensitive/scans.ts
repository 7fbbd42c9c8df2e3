import type { SensitiveKind } from '@sallyport/contracts'
import { asiaPacificForms } from './kinds/asia-pacific.ts'
import { assignedSecretForms } from './kinds/assigned-secret.ts'
import { cardForms } from './kinds/credit-card.ts'
import { walletForms } from './kinds/crypto-wallet.ts'
import { birthForms } from './kinds/date-of-birth.ts'
import { scanEmails } from './kinds/email.ts'
import { europeanForms } from './kinds/europe.ts'
import { ibanForms } from './kinds/iban.ts'
import { internetForms } from './kinds/internet.ts'
import { knownTokenForms } from './kinds/known-tokens.ts'
import { phoneForms } from './kinds/phone.ts'
import { scanAmazonSecrets, scanPrivateKeys, scanUserInfo } from './kinds/secret-block.ts'
import { unitedStatesForms } from './kinds/united-states.ts'
import { scanUrls } from './kinds/url.ts'
import { createTokenScan, type Scan } from './scan/scan-tokens.ts'

/** Every way of writing a kind that begins with a letter or a digit. */
const forms = [
  ...phoneForms,
  ...internetForms,
  ...cardForms,
  ...ibanForms,
  ...walletForms,
  ...birthForms,
  ...unitedStatesForms,
  ...europeanForms,
  ...asiaPacificForms,
  ...knownTokenForms,
  ...assignedSecretForms,
]

/** What is found by a sign in its middle or by more than a token. */
const others: readonly { readonly kind: SensitiveKind; readonly scan: Scan }[] = [
  { kind: 'email', scan: scanEmails },
  { kind: 'url', scan: scanUrls },
  { kind: 'secret', scan: scanPrivateKeys },
  { kind: 'secret', scan: scanUserInfo },
  { kind: 'secret', scan: scanAmazonSecrets },
]

/** The scans that find these kinds: one over all tokens, and a few of their own. */
export function scansOf(kinds: readonly SensitiveKind[]): readonly Scan[] {
  const wanted = new Set(kinds)
  const tokens = forms.filter(({ kind }) => wanted.has(kind))
  return [
    ...others.filter(({ kind }) => wanted.has(kind)).map(({ scan }) => scan),
    ...(tokens.length === 0 ? [] : [createTokenScan(tokens)]),
  ]
}
