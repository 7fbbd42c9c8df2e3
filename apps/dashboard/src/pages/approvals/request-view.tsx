import type { Approval, FrozenRequestView } from '@sallyport/contracts'
import { Badge } from '../../components/badge.tsx'
import { classes } from '../../components/classes.ts'
import { Notice } from '../../components/notice.tsx'
import { CallName } from '../../components/tools/call-name.tsx'
import { type CallTarget, callTargetOf } from '../../components/tools/call-target.ts'
import { UntrustedText } from '../../components/untrusted-text.tsx'
import { BodyView } from './body-view.tsx'
import { CallRequest } from './call-request.tsx'
import { Changed } from './changed.tsx'
import { targetOf, weightOf } from './describe-request.ts'
import type { Marks } from './marks.ts'
import { Pairs } from './pairs.tsx'
import { ToolArguments } from './tool-arguments.tsx'

const methodLook = {
  read: 'bg-sunken text-ink',
  write: 'bg-warn-soft text-warn',
  delete: 'bg-bad-soft text-bad',
} as const

interface TargetViewProps {
  readonly method: string
  readonly url: string
  /** What the connection is called: the server or the database, where the request is a call of one. */
  readonly connection: string
}

/** Where a request goes: the method, the host so that it can not be mistaken, and the path; or what it calls. */
export function TargetView({ method, url, connection }: TargetViewProps) {
  const call = callTargetOf(url)
  return call === undefined ? (
    <HttpTarget method={method} url={url} />
  ) : (
    <Called target={call} owner={connection} weight={weightOf(method)} />
  )
}

interface CalledProps {
  readonly target: CallTarget
  readonly owner: string
  readonly weight: keyof typeof methodLook
}

/** A tool of a server says of itself whether it only reads; a statement that is not marked as writing can only read. */
function Called({ target, owner, weight }: CalledProps) {
  const isRead = weight === 'read'
  const who = target.kind === 'mcp' ? ', by what is said of it' : ''
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <span
        className={classes(
          'rounded-md px-2 py-0.5 text-[0.87rem] font-semibold',
          methodLook[isRead ? 'read' : 'write'],
        )}
      >
        {isRead ? `Only reads${who}` : 'May change something'}
      </span>
      <span className="text-[1.1rem] leading-snug [overflow-wrap:anywhere]">
        <CallName target={target} owner={owner} />
      </span>
    </div>
  )
}

function HttpTarget({ method, url }: Omit<TargetViewProps, 'connection'>) {
  const { host, isEncrypted, isInternational, path, decodedPath } = targetOf(url)
  return (
    <div className="grid gap-1">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span
          className={classes(
            'rounded-md px-2 py-0.5 font-mono text-[0.87rem] font-semibold',
            methodLook[weightOf(method)],
          )}
        >
          {method}
        </span>
        <span className="font-mono text-[1.2rem] leading-snug font-semibold [overflow-wrap:anywhere]">
          {host}
        </span>
        {!isEncrypted && <Badge tone="warn">Not encrypted</Badge>}
      </div>
      <UntrustedText text={path} mono limit={300} />
      {decodedPath !== undefined && (
        <div className="flex gap-2 text-[0.93rem] text-ink-soft">
          <span className="shrink-0">Reads:</span>
          <UntrustedText text={decodedPath} mono limit={300} />
        </div>
      )}
      {isInternational && (
        <Notice tone="warn" title="This host’s name has letters that are not ASCII.">
          <p>
            It is shown as the network knows it (xn--…), because it could look like another name
            otherwise.
          </p>
        </Notice>
      )}
    </div>
  )
}

interface RequestViewProps {
  readonly approval: Approval
  readonly request: FrozenRequestView
  readonly marks: Marks
  /** With nothing held back: on the page of one approval. */
  readonly full: boolean
}

/** What would be sent, in every part but the credential: query, body and headers. */
export function RequestView({ approval, request, marks, full }: RequestViewProps) {
  const { query, headers, body } = request
  const call = callTargetOf(request.url)
  if (call !== undefined && body !== undefined) {
    return (
      <div className="grid gap-4">
        <CallRequest
          approval={approval}
          request={{ ...request, body }}
          target={call}
          marks={marks}
          full={full}
        />
      </div>
    )
  }
  return (
    <div className="grid gap-4">
      {full && approval.toolId !== undefined && (
        <ToolArguments toolId={approval.toolId} url={request.url} />
      )}
      {request.callerCredential === true && (
        <Notice title="The agent’s own credential goes along.">
          <p>The vault keeps none for this connection. A yes holds for that credential alone.</p>
        </Notice>
      )}
      {query.length > 0 && (
        <div className="grid gap-1">
          <PartHeading name="Query" isChanged={marks.has('query')} />
          <Pairs label="Query" pairs={query} marks={marks} part="query" />
        </div>
      )}
      {body !== undefined && (
        <BodyView request={{ ...request, body }} approval={approval} marks={marks} tall={full} />
      )}
      {headers.length > 0 && <Headers headers={headers} marks={marks} isOpen={full} />}
      {full && (
        <div className="grid gap-1">
          <PartHeading name="Exact URL" />
          <UntrustedText text={request.url} mono limit={1000} />
        </div>
      )}
      {body === undefined && query.length === 0 && (
        <p className="text-[0.93rem] text-ink-soft">It has no query and no body.</p>
      )}
    </div>
  )
}

interface HeadersProps {
  readonly headers: FrozenRequestView['headers']
  readonly marks: Marks
  readonly isOpen: boolean
}

/** Most say the same each time: closed, unless one is not as it was the last time. */
function Headers({ headers, marks, isOpen }: HeadersProps) {
  const isChanged = [...marks.keys()].some(
    (name) => name === 'header' || name.startsWith('header.'),
  )
  return (
    <details open={isOpen || isChanged}>
      <summary className="cursor-pointer text-[0.93rem] font-semibold">
        {headers.length === 1 ? '1 header' : `${headers.length} headers`}
        {marks.has('header') && <Changed />}
      </summary>
      <div className="mt-1">
        <Pairs label="Headers" pairs={headers} marks={marks} part="header" />
      </div>
    </details>
  )
}

function PartHeading({ name, isChanged = false }: { name: string; isChanged?: boolean }) {
  return (
    <h3 className="text-[0.93rem] font-semibold">
      {name}
      {isChanged && <Changed />}
    </h3>
  )
}
