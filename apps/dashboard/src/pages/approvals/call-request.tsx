import { type Approval, type FrozenRequestView, readBody } from '@sallyport/contracts'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { query } from '../../api.ts'
import type { CallTarget } from '../../components/tools/call-target.ts'
import { CallView } from '../../components/tools/call-view.tsx'
import { type ReadCall, readCall } from '../../components/tools/read-call.ts'
import { useMay } from '../../session.ts'
import { BodyView } from './body-view.tsx'
import { Changed } from './changed.tsx'
import type { Marks } from './marks.ts'

type Body = NonNullable<FrozenRequestView['body']>

interface CallRequestProps {
  readonly approval: Approval
  readonly request: FrozenRequestView & { readonly body: Body }
  readonly target: CallTarget
  readonly marks: Marks
  readonly full: boolean
}

/** What a call of a server’s tool or of a statement asks for; its exact bytes below. What cannot be read is shown as bytes alone. */
export function CallRequest({ approval, request, target, marks, full }: CallRequestProps) {
  const call = useMemo(() => readBodyOf(request.body, target.kind), [request.body, target.kind])
  const parameters = useParameters(approval.toolId, call)
  if (call === undefined) {
    return <BodyView request={request} approval={approval} marks={marks} tall={full} />
  }
  const isMarked = (path: string) =>
    [...marks.keys()].some((key) => key === path || /^[.[]/.test(after(key, path)))
  return (
    <>
      <CallView
        call={call}
        tool={target.tool}
        parameters={parameters}
        isMarked={isMarked}
        mark={<Changed />}
      />
      <details>
        <summary className="cursor-pointer text-[0.93rem] font-semibold">
          Exactly what is sent
        </summary>
        <div className="mt-2">
          <BodyView request={request} approval={approval} marks={marks} tall={full} />
        </div>
      </details>
    </>
  )
}

/** What stands behind a path that something begins with. */
const after = (key: string, path: string) => (key.startsWith(path) ? key.slice(path.length) : '')

/** A body that is JSON without anything that readers could take in two ways. */
function readBodyOf({ contentType, base64 }: Body, kind: CallTarget['kind']): ReadCall | undefined {
  const { readable, warnings, text } = readBody({ contentType, contentEncoding: undefined, base64 })
  if (readable.kind !== 'json' || warnings.length > 0 || text === undefined) return undefined
  return readCall(kind, JSON.parse(text))
}

/** The names of a statement’s parameters, if the tool still has this very statement. */
function useParameters(toolId: string | undefined, call: ReadCall | undefined) {
  const mayRead = useMay('tools:read')
  const isWanted = call?.kind === 'statement' && !call.isFree && call.values.length > 0
  const { data } = useQuery({
    ...query('getTool', { toolId: toolId ?? '' }),
    enabled: mayRead && isWanted && toolId !== undefined,
  })
  const binding = data?.tool.binding
  if (!isWanted || binding?.kind !== 'sql' || binding.statement !== call.statement) return undefined
  return binding.parameters
}
