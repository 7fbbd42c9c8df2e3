import { describe, expect, it } from 'vitest'
import { readKeyFile } from './google-key-file.ts'

const file = {
  type: 'service_account',
  project_id: 'p',
  private_key_id: 'k1',
  private_key: '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n',
  client_email: 'robot@p.iam.gserviceaccount.com',
  client_id: '1',
  token_uri: 'https://oauth2.googleapis.com/token',
}

describe('a key file of Google', () => {
  it('is taken apart, and nothing that is not needed is kept', () => {
    expect(readKeyFile(` ${JSON.stringify(file, undefined, 2)}\n`)).toEqual({
      issuer: file.client_email,
      privateKey: file.private_key.trim(),
      keyId: 'k1',
      tokenEndpoint: file.token_uri,
    })
    const { private_key_id: _, token_uri: __, ...least } = file
    expect(readKeyFile(JSON.stringify(least))).toEqual({
      issuer: file.client_email,
      privateKey: file.private_key.trim(),
    })
  })

  it.each([
    ['', /not JSON/],
    ['{"private_key"', /not JSON/],
    ['[]', /not JSON/],
    ['"text"', /not JSON/],
    ['{}', /no private_key/],
    [JSON.stringify({ ...file, private_key: 7 }), /no private_key/],
    [JSON.stringify({ ...file, client_email: '' }), /no client_email/],
    [JSON.stringify({ type: 'authorized_user', refresh_token: 'x' }), /key of a person/],
  ])('says what is wrong with anything else (%j)', (text, said) => {
    expect(readKeyFile(text)).toMatch(said)
  })
})
