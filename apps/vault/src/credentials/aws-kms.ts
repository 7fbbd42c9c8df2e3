import { Buffer } from 'node:buffer'
import { z } from 'zod'
import type { AwsCredentials } from './aws-credentials.ts'
import { askKms, garbage, type Kms, type KmsRequest, readKeyBytes, type SendToKms } from './kms.ts'

// AWS KMS: https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html

const Encrypted = z.object({ CiphertextBlob: z.string().min(1) })
const Decrypted = z.object({ Plaintext: z.string() })

/** Puts an AWS signature (version 4) on a request; the signer of connections fits. */
export type SignForAws = (
  request: KmsRequest,
  with_: { readonly keys: AwsCredentials; readonly region: string },
) => KmsRequest

export interface AwsKmsOptions {
  /** Id, alias or ARN. */
  readonly key: string
  readonly region: string
  /** Without a slash at its end. */
  readonly url: string
}

/** Builds the KMS. The context goes along as its encryption context, which AWS writes into CloudTrail: no secret is in it. */
export function createAwsKms(
  { key, region, url }: AwsKmsOptions,
  needs: {
    readonly send: SendToKms
    readonly sign: SignForAws
    readonly credentials: () => Promise<AwsCredentials>
  },
): Kms {
  const ask = (what: string, operation: 'Encrypt' | 'Decrypt', body: object) =>
    askKms(needs.send, {
      what,
      // Signed anew for each attempt: a signature carries its time.
      request: async () => {
        const unsigned: KmsRequest = {
          method: 'POST',
          url: `${url}/`,
          headers: [
            ['content-type', 'application/x-amz-json-1.1'],
            ['x-amz-target', `TrentService.${operation}`],
          ],
          body: Buffer.from(JSON.stringify(body), 'utf8'),
        }
        return needs.sign(unsigned, { keys: await needs.credentials(), region })
      },
    })
  return {
    name: `aws-kms:${key}`,
    async encrypt(plaintext, context) {
      const what = 'Encrypting the root key with AWS KMS'
      const Plaintext = Buffer.from(plaintext).toString('base64')
      const body = { KeyId: key, Plaintext, EncryptionContext: context }
      const parsed = Encrypted.safeParse(await ask(what, 'Encrypt', body))
      if (!parsed.success) throw garbage(what)
      return Buffer.from(parsed.data.CiphertextBlob, 'base64')
    },
    async decrypt(ciphertext, context) {
      const what = 'Decrypting the root key with AWS KMS'
      const CiphertextBlob = Buffer.from(ciphertext).toString('base64')
      // The key is named, so that no other key of the account decrypts what somebody else put into the row.
      const body = { KeyId: key, CiphertextBlob, EncryptionContext: context }
      const parsed = Decrypted.safeParse(await ask(what, 'Decrypt', body))
      if (!parsed.success) throw garbage(what)
      return readKeyBytes(what, parsed.data.Plaintext)
    },
  }
}
