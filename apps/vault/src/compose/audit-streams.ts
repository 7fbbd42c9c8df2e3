import { createAuditStreams } from '../audit-streams/audit-streams.ts'
import { sendMsMax } from '../audit-streams/sender.ts'
import { createS3Stream } from '../audit-streams/senders/s3.ts'
import { createSyslogStream } from '../audit-streams/senders/syslog.ts'
import { createWebhookStream } from '../audit-streams/senders/webhook.ts'
import { signAwsRequest } from '../connections/aws-signature.ts'
import { createEgressFetch } from '../egress/fetch.ts'
import { createPost } from '../notify/senders/http-answer.ts'
import { createAuditStreamStore } from '../store/audit-streams.ts'
import type { ComposeNeeds, Foundation } from './foundation.ts'

/** Builds the room that sends the audit log elsewhere. All of it goes out through egress (S-17). */
export function composeAuditStreams(
  { now, randomBytes, pagesUrl }: ComposeNeeds,
  { database, keyring, audit, egress, newId, onFailure }: Foundation,
) {
  const fetch = createEgressFetch({
    send: egress.send,
    poolKey: 'audit-streams',
    deadlineMs: sendMsMax,
  })
  const mayUseOrigin = egress.isAllowedOrigin
  return createAuditStreams({
    ...{ keyring, audit, newId, randomBytes, onFailure, now },
    store: createAuditStreamStore(database),
    senders: {
      webhook: createWebhookStream({
        ...{ post: createPost({ fetch, now }), mayUseOrigin, randomBytes, now },
      }),
      syslog: createSyslogStream({
        transport: egress.syslog,
        hostname: () => new URL(pagesUrl()).hostname,
      }),
      s3: createS3Stream({ fetch, mayUseOrigin, sign: signAwsRequest, now }),
    },
  })
}
