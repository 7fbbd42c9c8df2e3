/** What a signature is good for: one service in one region, by the names under which AWS checks signatures. */
export interface AwsScope {
  readonly region: string
  readonly service: string
}

/** `eu-central-1`, `us-gov-west-1`. */
const regionName = /^[a-z]{2,3}(-[a-z]+){1,2}-\d{1,2}$/
const domains = ['.amazonaws.com', '.amazonaws.com.cn', '.api.aws', '.on.aws']

/** What the owner says where they do; else what the host says. */
export function findAwsScope(
  given: { readonly [name in keyof AwsScope]?: string | undefined },
  host: string,
): AwsScope | undefined {
  const named = scopeOfHost(host)
  const region = given.region ?? named?.region
  const service = given.service ?? named?.service
  return region === undefined || service === undefined ? undefined : { region, service }
}

/** Where the name in the host is not the one that is signed for. */
const signingNames: Readonly<Record<string, string>> = {
  email: 'ses',
  'email-smtp': 'ses',
  pinpoint: 'mobiletargeting',
  'bedrock-runtime': 'bedrock',
  'bedrock-agent': 'bedrock',
  'bedrock-agent-runtime': 'bedrock',
  'lambda-url': 'lambda',
  's3-accelerate': 's3',
}

/**
 * Reads region and service from a host of AWS; undefined where the host does not name them. Known are
 * `service.region.amazonaws.com` and what stands before it (`bucket.s3.…`, `id.execute-api.…`, `api.ecr.…`), OpenSearch's
 * `domain.region.es.…`, `api.aws`, function URLs at `on.aws`, and services without a region, which sign for us-east-1
 * (`iam.amazonaws.com`, `bucket.s3.amazonaws.com`).
 */
function scopeOfHost(host: string): AwsScope | undefined {
  const name = host.replace(/:\d+$/, '')
  const domain = domains.find((one) => name.endsWith(one))
  if (domain === undefined) return undefined
  const labels = name.slice(0, -domain.length).split('.')
  const last = labels.at(-1) ?? ''
  // Old hosts of S3: s3-eu-west-1.amazonaws.com.
  const joined = /^s3-(.+)$/.exec(last)?.[1] ?? ''
  if (regionName.test(joined)) return { region: joined, service: 's3' }
  const before = labels.slice(0, -1).filter((label) => label !== 'dualstack')
  const named = before.at(-1)
  if (regionName.test(last)) return named === undefined ? undefined : scope(last, named)
  // OpenSearch has them the other way round: search-name.eu-west-1.es.amazonaws.com.
  if (named !== undefined && regionName.test(named)) return scope(named, last)
  // An accelerated bucket lies in a region that its host does not name.
  if (last === 's3-accelerate' || last === 'dualstack') return undefined
  return named === undefined || last === 's3' ? scope(oneRegion(domain), last) : undefined
}

const oneRegion = (domain: string) => (domain.endsWith('.cn') ? 'cn-northwest-1' : 'us-east-1')

const scope = (region: string, service: string): AwsScope => ({
  region,
  service: signingNames[service] ?? service,
})
