import { SignJWT } from 'jose'
import type { ReadSigningKey } from '../oauth/client-configuration.ts'
import type { StoredOf } from '../stored-credential.ts'

/** Seconds that an assertion is good for: as little as any server asks for, since it is used at once. */
const assertionLifeSeconds = 60

/**
 * The assertion with which a service account asks for an access token (RFC 7523 §2.1 and §3), as Google documents it:
 * `iss`, `scope`, `aud` (the token endpoint unless the owner says otherwise), `exp`, `iat`, and `sub` where it acts for
 * somebody. `jti` makes it good for one use where a server looks at it. Throws what `readSigningKey` throws.
 */
export async function signServiceAccountAssertion(
  credential: StoredOf<'jwt-service-account'>,
  {
    readSigningKey,
    nowMs,
    jti,
  }: { readonly readSigningKey: ReadSigningKey; readonly nowMs: number; readonly jti: string },
): Promise<string> {
  const { issuer, scopes, subject, tokenEndpoint } = credential
  const { key, alg, kid } = await readSigningKey(credential.privateKey)
  const keyId = credential.keyId ?? kid
  const issuedAt = Math.floor(nowMs / 1000)
  const claims = {
    iss: issuer,
    scope: scopes.join(' '),
    aud: credential.audience ?? tokenEndpoint,
    exp: issuedAt + assertionLifeSeconds,
    iat: issuedAt,
    ...(subject !== undefined && { sub: subject }),
    jti,
  }
  return new SignJWT(claims)
    .setProtectedHeader({
      alg,
      typ: 'JWT',
      ...(keyId !== undefined && { kid: keyId }),
    })
    .sign(key)
}
