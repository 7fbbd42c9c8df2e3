import { type Finding, ok, warn } from './finding.ts'

// Says of the addresses in the configuration what an operator should know.

/** What the configuration says of addresses. */
export interface AddressFacts {
  /** Where the vault listens. */
  readonly host: string
  readonly publicUrl: string | undefined
  readonly trustedProxies: readonly string[]
  readonly egressAllowCidrs: readonly string[]
  /** Does a range of those hold the address at which clouds hand out their machines’ credentials? */
  readonly allowsMetadata: boolean
  /** Of the operations listener; undefined where there is none. */
  readonly metricsHost: string | undefined
  /** Where traces are sent; undefined where they are not. */
  readonly tracesUrl: string | undefined
  /** Whether a name of the public internet could be found; undefined where nobody tried. */
  readonly findsNames: boolean | undefined
}

const isLoopback = (host: string) => /^(127\.|::1$|\[::1\]$|localhost$|.+\.localhost$)/.test(host)

/** Judges them. */
export function judgeAddresses(facts: AddressFacts): Finding[] {
  return [
    judgePublicUrl(facts),
    ...judgeProxies(facts),
    judgeEgress(facts),
    ...judgeMetrics(facts),
    ...judgeTraces(facts),
    ...judgeNames(facts),
  ]
}

function judgePublicUrl({ host, publicUrl }: AddressFacts): Finding {
  const what = 'public URL'
  if (publicUrl === undefined) {
    return isLoopback(host)
      ? ok(what, 'not set: the vault is for this machine')
      : warn(
          what,
          `not set, and the vault listens at ${host}: set SALLYPORT_PUBLIC_URL to the address that others use`,
        )
  }
  const url = new URL(publicUrl)
  return url.protocol === 'https:' || isLoopback(url.hostname)
    ? ok(what, publicUrl)
    : warn(
        what,
        `${publicUrl} has no TLS: tokens and sessions can be read on the way, and passkeys do not work; put a proxy with TLS in front`,
      )
}

/** Traces name agents, services and paths, and go along with the headers that the operator signs in with. */
function judgeTraces({ tracesUrl }: AddressFacts): Finding[] {
  if (tracesUrl === undefined) return []
  const what = 'traces'
  const { protocol, hostname, origin } = new URL(tracesUrl)
  return protocol === 'https:' || isLoopback(hostname)
    ? [ok(what, `sent to ${origin}`)]
    : [
        warn(
          what,
          `sent to ${origin} without TLS: they and OTEL_EXPORTER_OTLP_HEADERS can be read on the way; use https, or a collector on this machine`,
        ),
      ]
}

function judgeProxies({ publicUrl, trustedProxies }: AddressFacts): Finding[] {
  if (publicUrl === undefined || !publicUrl.startsWith('https:')) return []
  const what = 'trusted proxies'
  return trustedProxies.length > 0
    ? [ok(what, trustedProxies.join(', '))]
    : [
        warn(
          what,
          'none, though something in front ends TLS: all sign-ins seem to come from it; set SALLYPORT_TRUSTED_PROXIES to its address',
        ),
      ]
}

function judgeEgress({ egressAllowCidrs, allowsMetadata }: AddressFacts): Finding {
  const what = 'egress ranges'
  if (egressAllowCidrs.length === 0) return ok(what, 'public addresses alone')
  return allowsMetadata
    ? warn(
        what,
        'SALLYPORT_EGRESS_ALLOW_CIDRS holds 169.254.169.254, where clouds hand out their machines’ credentials: take it out, or deny it',
      )
    : ok(what, `public addresses and ${egressAllowCidrs.join(', ')}`)
}

function judgeMetrics({ metricsHost }: AddressFacts): Finding[] {
  if (metricsHost === undefined) return []
  const what = 'metrics'
  return isLoopback(metricsHost)
    ? [ok(what, `at ${metricsHost} alone`)]
    : [warn(what, `whoever reaches ${metricsHost} can read them: see that only your monitor does`)]
}

function judgeNames({ findsNames }: AddressFacts): Finding[] {
  if (findsNames === undefined) return []
  const what = 'names'
  return findsNames
    ? [ok(what, 'public names can be found')]
    : [
        warn(
          what,
          'api.github.com could not be found: without DNS no upstream of the public internet can be reached',
        ),
      ]
}
