import { Buffer } from 'node:buffer'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { NotifyFetch } from '../../notify/senders/http-answer.ts'
import { readUrl, resultOf, wordsOf } from '../../notify/senders/http-answer.ts'
import type { StreamPart, StreamSender, TargetOf } from '../sender.ts'

/** Signs a request as AWS Signature Version 4 says; `connections/aws-signature.ts` fits. */
export type SignS3 = (
  request: {
    readonly method: string
    readonly url: string
    readonly headers: readonly (readonly [string, string])[]
    readonly body: Uint8Array
  },
  given: {
    readonly keys: {
      readonly accessKeyId: string
      readonly secretAccessKey: string
      readonly sessionToken?: string | undefined
    }
    readonly scope: { readonly region: string; readonly service: string }
    readonly nowMs: number
  },
) => { readonly headers: readonly (readonly [string, string])[]; readonly signature: string }

const compress = promisify(gzip)

/** Puts gzipped JSON Lines into a bucket of whatever speaks S3, one object for each part. */
export function createS3Stream(needs: {
  readonly fetch: NotifyFetch
  readonly mayUseOrigin: (origin: string) => true | string
  readonly sign: SignS3
  readonly now: () => number
}): StreamSender<'s3'> {
  return {
    prepare(target) {
      readUrl(target.endpoint, 'target.endpoint', needs.mayUseOrigin)
      return { target }
    },

    show: ({ endpoint, bucket, prefix }) =>
      [new URL(endpoint).host, bucket, ...(prefix === '' ? [] : [prefix])].join('/'),

    async send(target, part, { signal }) {
      const url = `${target.endpoint}/${target.bucket}/${objectKey(target, part)}`
      const body = await compress(Buffer.from(part.lines.map(({ json }) => `${json}\n`).join('')))
      const { accessKeyId, secretAccessKey, sessionToken, region } = target
      const headers = [['content-type', 'application/gzip']] as const
      const signed = needs.sign(
        { method: 'PUT', url, headers, body },
        {
          keys: { accessKeyId, secretAccessKey, sessionToken },
          scope: { region, service: 's3' },
          nowMs: needs.now(),
        },
      )
      const response = await needs.fetch(url, {
        ...{ method: 'PUT', body, signal },
        headers: Object.fromEntries([...headers, ...signed.headers]),
      })
      const secrets = [secretAccessKey, accessKeyId, sessionToken ?? '', signed.signature].filter(
        (secret) => secret !== '',
      )
      const words = wordsOf(await response.text(), secrets)
      const { status } = response
      const result = resultOf(
        { status, words, body: '', retryAfterSeconds: undefined },
        { retriesAll: true },
      )
      return { taken: result.delivered, message: result.message }
    },
  }
}

/** `prefix/2026/11/22/wsp_…-000000000001-000000000500-….jsonl.gz`: of the day of its oldest line, in UTC. */
function objectKey({ prefix }: Pick<TargetOf<'s3'>, 'prefix'>, part: StreamPart): string {
  const day = new Date(part.atMs).toISOString().slice(0, 10).replaceAll('-', '/')
  const parts = [...(prefix === '' ? [] : [prefix]), day, `${part.name}.jsonl.gz`]
  return parts.join('/')
}
