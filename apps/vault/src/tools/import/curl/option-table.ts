// What becomes of each option of curl 8. Options that are not here are told by name and their command is refused: a request
// that would be another one than the command's is not made (S-41).

/** What an option says about the request. */
export type Meaning =
  | 'method'
  | 'header'
  | 'data'
  | 'data-binary'
  | 'data-raw'
  | 'data-urlencode'
  | 'json'
  | 'form'
  | 'form-string'
  | 'user'
  | 'get'
  | 'head'
  | 'cookie'
  | 'user-agent'
  | 'referer'
  | 'url'
  | 'url-query'
  | 'bearer'
  | 'sigv4'
  | 'range'
  | 'no-globbing'

/** How an option is treated. `note` is said, `refused` refuses the command; what is only for the terminal is left out. */
export type Option =
  | { readonly means: Meaning; readonly takesValue: boolean }
  | { readonly ignored: true; readonly takesValue: boolean; readonly note?: string }
  | { readonly refused: string; readonly takesValue: boolean }

const valued = (means: Meaning): Option => ({ means, takesValue: true })
const flag = (means: Meaning): Option => ({ means, takesValue: false })
const noted = (note: string, takesValue = false): Option => ({ ignored: true, takesValue, note })
const refused = (why: string, takesValue = false): Option => ({ refused: why, takesValue })

const meant: Readonly<Record<string, Option>> = {
  request: valued('method'),
  header: valued('header'),
  data: valued('data'),
  'data-ascii': valued('data'),
  'data-binary': valued('data-binary'),
  'data-raw': valued('data-raw'),
  'data-urlencode': valued('data-urlencode'),
  json: valued('json'),
  form: valued('form'),
  'form-string': valued('form-string'),
  user: valued('user'),
  get: flag('get'),
  head: flag('head'),
  cookie: valued('cookie'),
  'user-agent': valued('user-agent'),
  referer: valued('referer'),
  url: valued('url'),
  'url-query': valued('url-query'),
  'oauth2-bearer': valued('bearer'),
  'aws-sigv4': valued('sigv4'),
  range: valued('range'),
  globoff: flag('no-globbing'),
}

const ownFile = 'it reads a file, which the vault does not have'
const otherProof = 'the vault proves itself by a password in plain (HTTP Basic) or by tokens alone'
const otherRoute = 'the vault finds its way to a host by itself'

const treated: Readonly<Record<string, Option>> = {
  insecure: noted('-k is not honoured: the vault always checks certificates.'),
  location: noted('-L is not honoured: redirects are passed on and not followed.'),
  'location-trusted': noted('--location-trusted is not honoured: redirects are not followed.'),
  proxy: noted('The proxy is not used: the vault goes out by its own way.', true),
  preproxy: noted('The proxy is not used: the vault goes out by its own way.', true),
  'proxy-user': noted('The proxy is not used: the vault goes out by its own way.', true),
  resolve: noted('--resolve is not honoured: the vault asks its own name servers.', true),
  'connect-to': refused(otherRoute, true),
  'unix-socket': refused(otherRoute, true),
  'abstract-unix-socket': refused(otherRoute, true),
  'path-as-is': refused('the path is always sent in its canonical form'),
  'request-target': refused('the vault asks for the URL and for nothing else', true),
  config: refused(ownFile, true),
  netrc: refused(ownFile),
  'netrc-file': refused(ownFile, true),
  'netrc-optional': refused(ownFile),
  'upload-file': refused(`${ownFile}; paste the body with --data-raw`, true),
  cert: refused('the vault has no client certificates', true),
  key: refused('the vault has no client certificates', true),
  variable: refused('what it would stand for is not known', true),
  digest: refused(otherProof),
  ntlm: refused(otherProof),
  'ntlm-wb': refused(otherProof),
  negotiate: refused(otherProof),
  anyauth: refused(otherProof),
  delegation: refused(otherProof, true),
}

/** For the terminal, for files, for the connection: the request is the same without them. */
const ignoredFlags = [
  ...['silent', 'show-error', 'verbose', 'include', 'show-headers', 'fail', 'fail-with-body'],
  ...['fail-early', 'no-buffer', 'remote-name', 'remote-name-all', 'remote-header-name'],
  ...['remote-time', 'progress-bar', 'no-progress-meter', 'compressed', 'http1.0', 'http1.1'],
  ...['http2', 'http2-prior-knowledge', 'http3', 'http3-only', 'http0.9', 'tlsv1', 'tlsv1.0'],
  ...['tlsv1.1', 'tlsv1.2', 'tlsv1.3', 'sslv2', 'sslv3', 'ssl', 'ssl-reqd', 'ssl-no-revoke'],
  ...['ssl-revoke-best-effort', 'ipv4', 'ipv6', 'disable', 'no-keepalive', 'tcp-nodelay'],
  ...['tcp-fastopen', 'create-dirs', 'retry-connrefused', 'retry-all-errors', 'post301'],
  ...['post302', 'post303', 'raw', 'tr-encoding', 'no-sessionid', 'junk-session-cookies', 'basic'],
  ...['parallel', 'parallel-immediate', 'styled-output', 'trace-time', 'trace-ids', 'clobber'],
  ...['form-escape', 'suppress-connect-headers', 'path-as-given', 'xattr', 'append', 'crlf'],
  ...['ca-native', 'cert-status', 'false-start', 'alpn', 'npn', 'test-event', 'skip-existing'],
  ...['remove-on-error', 'compressed-ssh', 'proxytunnel', 'proxy-insecure', 'haproxy-protocol'],
] as const
const ignoredValued = [
  ...['output', 'output-dir', 'write-out', 'max-time', 'connect-timeout', 'retry', 'retry-delay'],
  ...['retry-max-time', 'cookie-jar', 'dump-header', 'stderr', 'trace', 'trace-ascii', 'cacert'],
  ...['capath', 'interface', 'dns-servers', 'dns-interface', 'limit-rate', 'speed-limit'],
  ...['speed-time', 'keepalive-time', 'keepalive-cnt', 'max-redirs', 'max-filesize', 'ciphers'],
  ...['tls-max', 'tls13-ciphers', 'curves', 'rate', 'parallel-max', 'expect100-timeout'],
  ...['create-file-mode', 'libcurl', 'noproxy', 'local-port', 'happy-eyeballs-timeout-ms'],
  ...['continue-at', 'etag-save', 'etag-compare', 'alt-svc', 'hsts', 'doh-url', 'proto'],
  ...['proto-default', 'proto-redir', 'pinnedpubkey', 'crlfile', 'random-file', 'egd-file'],
] as const

const table: ReadonlyMap<string, Option> = new Map<string, Option>([
  ...ignoredFlags.map((name) => [name, { ignored: true, takesValue: false }] as const),
  ...ignoredValued.map((name) => [name, { ignored: true, takesValue: true }] as const),
  ...Object.entries(treated),
  ...Object.entries(meant),
])

const letters: Readonly<Record<string, string>> = {
  ...{ X: 'request', H: 'header', d: 'data', F: 'form', u: 'user', G: 'get', I: 'head' },
  ...{ b: 'cookie', A: 'user-agent', e: 'referer', r: 'range', g: 'globoff', k: 'insecure' },
  ...{ L: 'location', x: 'proxy', U: 'proxy-user', K: 'config', n: 'netrc', T: 'upload-file' },
  ...{ E: 'cert', s: 'silent', S: 'show-error', v: 'verbose', i: 'include', f: 'fail' },
  ...{ N: 'no-buffer', O: 'remote-name', J: 'remote-header-name', R: 'remote-time' },
  ...{ '#': 'progress-bar', '0': 'http1.0', '1': 'tlsv1', '2': 'sslv2', '3': 'sslv3' },
  ...{ '4': 'ipv4', '6': 'ipv6', q: 'disable', j: 'junk-session-cookies', Z: 'parallel' },
  ...{ a: 'append', p: 'proxytunnel', o: 'output', w: 'write-out', m: 'max-time' },
  ...{ c: 'cookie-jar', D: 'dump-header', y: 'speed-time', Y: 'speed-limit', C: 'continue-at' },
}

/** An option by its long name; `--no-…` of a flag that is ignored is ignored too. */
export function findLong(name: string): Option | undefined {
  const found = table.get(name)
  if (found !== undefined || !name.startsWith('no-')) return found
  const positive = table.get(name.slice(3))
  return positive !== undefined && !positive.takesValue
    ? { ignored: true, takesValue: false }
    : undefined
}

export const findShort = (letter: string): Option | undefined => {
  const name = letters[letter]
  return name === undefined ? undefined : table.get(name)
}
