import type { Output } from '../../../api.ts'

export type Stream = Output<'listAuditStreams'>['streams'][number]
type Kind = Stream['kind']

/** What each kind is called, and what it is for. */
export const kindWords: Readonly<
  Record<Kind, { readonly name: string; readonly sentence: string }>
> = {
  webhook: {
    name: 'Webhook',
    sentence:
      'Batches are posted to a URL, signed: Splunk, Datadog, Elastic, or a program of yours.',
  },
  syslog: {
    name: 'Syslog',
    sentence: 'RFC 5424 messages over TLS: rsyslog, syslog-ng, and most SIEMs.',
  },
  s3: {
    name: 'S3 bucket',
    sentence:
      'Gzipped objects in a bucket that speaks S3: an archive beyond the reach of this vault.',
  },
}

/** In the order in which they are offered. */
export const streamKinds = ['webhook', 'syslog', 's3'] as const satisfies readonly Kind[]

export const isStreamKind = (text: string | undefined): text is Kind =>
  streamKinds.some((kind) => kind === text)

/** How it stands, in a word or two. */
export function standingOf({ status, behind }: Stream): ['good' | 'bad' | 'neutral', string] {
  if (status === 'disabled') return ['neutral', 'Turned off']
  if (status === 'failing') return ['bad', 'Not taken']
  return ['good', behind === 0 ? 'Up to date' : 'Sending']
}
