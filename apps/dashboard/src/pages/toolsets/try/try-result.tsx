import type { ReactNode } from 'react'
import type { Output } from '../../../api.ts'
import { Badge, StatusBadge } from '../../../components/badge.tsx'
import { TextLink } from '../../../components/button.tsx'
import { Notice } from '../../../components/notice.tsx'
import { CallAnswer } from '../../../components/tools/call-answer.tsx'
import { type CallTarget, callTargetOf } from '../../../components/tools/call-target.ts'
import { CallView } from '../../../components/tools/call-view.tsx'
import { type ReadCall, readCall } from '../../../components/tools/read-call.ts'
import { UntrustedText } from '../../../components/untrusted-text.tsx'

type Tried = Output<'tryTool'>

const urlCharsShown = 2_000

/** The request that a call makes, what a policy says of it, and what came back. */
export function TryResult({ tried, agentName }: { tried: Tried; agentName: string | undefined }) {
  const { request, decision, sent, auditId } = tried
  const target = callTargetOf(request.url)
  return (
    <div className="grid gap-4">
      {decision !== undefined && (
        <Notice
          tone={
            decision.outcome === 'allow' ? 'good' : decision.outcome === 'deny' ? 'bad' : 'warn'
          }
          alert
        >
          <p className="mb-1 flex flex-wrap items-center gap-2">
            <StatusBadge status={decision.outcome} />
            {agentName !== undefined && (
              <span className="[overflow-wrap:anywhere]">for {agentName}</span>
            )}
          </p>
          <UntrustedText text={decision.reason} />
        </Notice>
      )}
      {target === undefined ? (
        <Part title="The request" note="Without the credential, which is put on last.">
          <UntrustedText mono text={`${request.method} ${request.url}`} limit={urlCharsShown} />
          <Headers headers={request.headers} />
          <Body body={request.body} />
        </Part>
      ) : (
        <Part title="The call" note={calledWith[target.kind]}>
          <Call request={request} target={target} />
        </Part>
      )}
      {sent !== undefined && (
        <Part title="The answer" note={`${Math.round(sent.durationMs).toLocaleString('en')} ms`}>
          {target === undefined ? (
            <>
              <p>
                <Badge tone={sent.status < 400 ? 'good' : 'warn'}>{sent.status}</Badge>
              </p>
              <Headers headers={Object.entries(sent.headers)} />
              <Body body={sent.body} />
            </>
          ) : (
            <CallAnswer kind={target.kind} body={sent.body} />
          )}
        </Part>
      )}
      {auditId !== undefined && (
        <TextLink to="/audit" search={{ entry: auditId }} className="text-[0.93rem]">
          Its entry in the audit log
        </TextLink>
      )}
    </div>
  )
}

const calledWith = {
  mcp: 'The server keeps its own keys.',
  sql: 'Without the password, which is used last.',
} as const

/** The arguments or the statement; where the call is of another form, its body as it is. */
function Call({ request, target }: { request: Tried['request']; target: CallTarget }) {
  const call = typeof request.body === 'string' ? readText(request.body, target) : undefined
  if (call === undefined) return <Body body={request.body} />
  return <CallView call={call} tool={target.tool} />
}

function readText(body: string, { kind }: CallTarget): ReadCall | undefined {
  try {
    return readCall(kind, JSON.parse(body))
  } catch {
    return undefined
  }
}

interface PartProps {
  readonly title: string
  readonly note: string
  readonly children: ReactNode
}

function Part({ title, note, children }: PartProps) {
  return (
    <section aria-label={title} className="min-w-0 rounded-md border border-line bg-sunken">
      <div className="flex flex-wrap items-baseline justify-between gap-x-3 border-b border-line px-3 py-1.5">
        <h3 className="text-[0.93rem] font-medium">{title}</h3>
        <span className="text-[0.87rem] text-ink-soft">{note}</span>
      </div>
      <div className="grid gap-2.5 px-3 py-2.5">{children}</div>
    </section>
  )
}

function Headers({ headers }: { headers: readonly (readonly [string, string])[] }) {
  if (headers.length === 0) return null
  return (
    <ul className="grid gap-0.5 text-[0.87rem] text-ink-soft">
      {headers.map(([name, value], index) => (
        <li key={index}>
          <UntrustedText inline mono text={`${name}: ${value}`} limit={400} />
        </li>
      ))}
    </ul>
  )
}

function Body({ body }: { body: unknown }) {
  if (body === undefined || body === null || body === '') {
    return <p className="text-[0.87rem] text-ink-soft">No body.</p>
  }
  return <UntrustedText mono text={textOf(body)} />
}

/** A body as it is read: JSON is laid out, text stays as it is. */
function textOf(body: unknown): string {
  if (typeof body !== 'string') return JSON.stringify(body, null, 2)
  if (!/^\s*[[{]/.test(body)) return body
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body // It only begins like JSON.
  }
}
