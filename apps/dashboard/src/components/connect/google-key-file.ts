/** What of Google's key file the vault keeps. */
export interface KeyFile {
  readonly issuer: string
  readonly privateKey: string
  readonly keyId?: string
  readonly tokenEndpoint?: string
}

/**
 * Takes the JSON key file of a Google service account apart; a sentence where it is none. It is read here, in the browser:
 * what of it nobody needs is never sent.
 */
export function readKeyFile(text: string): KeyFile | string {
  const file = parse(text)
  if (file === undefined) return 'This is not JSON. Paste the whole file, from { to }.'
  const { type, client_email, private_key, private_key_id, token_uri } = file
  if (type === 'authorized_user') {
    return 'This is the key of a person, made by gcloud. A service account’s says "type": "service_account".'
  }
  if (typeof private_key !== 'string' || !private_key.includes('PRIVATE KEY')) {
    return 'It has no private_key. Make a key of the type JSON for the service account and paste that file.'
  }
  if (typeof client_email !== 'string' || client_email === '') return 'It has no client_email.'
  return {
    issuer: client_email,
    privateKey: private_key.trim(),
    ...(isText(private_key_id) && { keyId: private_key_id }),
    ...(isText(token_uri) && { tokenEndpoint: token_uri }),
  }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
