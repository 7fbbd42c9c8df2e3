// Which headers an owner may name. What is sent and shown is decided again for each request in `execute`.

/** RFC 9110 §7.6.1, §6.4 and §8.6: they frame the message or concern one hop, and are the vault's own to set. */
const framing = [
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
]
/** They make an upstream believe in another client, or another method than the one that was decided on. */
const misleading = [
  'forwarded',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-url',
  'x-real-ip',
  'x-rewrite-url',
]
const misleadingPrefixes = ['proxy-', 'x-forwarded-', 'sec-']
const credentials = ['authorization', 'cookie', 'set-cookie', 'set-cookie2']

const neverCredential = new Set([...framing, ...misleading, 'content-type', 'set-cookie'])
const neverExtra = new Set([...framing, ...misleading, ...credentials])

/** Why a credential may not travel in this header; undefined where it may. */
export function faultOfCredentialHeader(name: string): string | undefined {
  const lower = name.toLowerCase()
  return neverCredential.has(lower) || hasMisleadingPrefix(lower)
    ? 'must not be a header that frames, routes or overrides a request'
    : undefined
}

/** Why agents may not send or see this header beside the usual ones; undefined where they may. */
export function faultOfExtraHeader(name: string): string | undefined {
  const lower = name.toLowerCase()
  return neverExtra.has(lower) || hasMisleadingPrefix(lower)
    ? `must not name ${lower}, which agents never send or see, or which the vault sets itself`
    : undefined
}

function hasMisleadingPrefix(lower: string): boolean {
  return misleadingPrefixes.some((prefix) => lower.startsWith(prefix))
}
