import { httpMethods, type PolicyDocument } from '@sallyport/contracts'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useFormContext, useWatch } from 'react-hook-form'
import { client } from '../../api.ts'
import { Button } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { Field } from '../../components/field.tsx'
import { Input, Select, Textarea } from '../../components/input.tsx'
import { ProblemNotice } from '../../components/notice.tsx'
import { isSame, tidy } from './policy-draft.ts'
import { firstTry, readTypedRequest, type TypedRequest } from './tried-request.ts'
import { Verdict } from './verdict.tsx'

interface TryRequestProps {
  readonly connectionId: string
  readonly origins: readonly string[]
}

/** Asks the vault what the draft, as it stands, would decide about a request. Nothing is sent. */
export function TryRequest({ connectionId, origins }: TryRequestProps) {
  const { control, getValues, trigger } = useFormContext<PolicyDocument>()
  const current = useWatch({ control }) as PolicyDocument
  const [typed, setTyped] = useState<TypedRequest>()
  const request = typed ?? firstTry(current, origins)
  const change = (part: Partial<TypedRequest>) => setTyped({ ...request, ...part })
  const attempt = useMutation({
    mutationFn: async () => {
      const draft = tidy(getValues())
      const answer = await client.call('tryPolicy', {
        connectionId,
        draft,
        request: readTypedRequest(request),
      })
      return { answer, draft, request }
    },
  })
  const tryIt = async () => {
    setTyped(request)
    if (await trigger(undefined, { shouldFocus: true })) attempt.mutate()
  }
  const tried = attempt.data
  const isOld = tried !== undefined && (tried.request !== request || !isSame(tried.draft, current))
  return (
    <Card title="Try a request" description="What would this draft say to it? Nothing is sent.">
      <div className="grid gap-3">
        <RequestFields request={request} onChange={change} onEnter={() => void tryIt()} />
        <div>
          <Button busy={attempt.isPending} onClick={() => void tryIt()}>
            Try it
          </Button>
        </div>
        {attempt.error !== null && <ProblemNotice error={attempt.error} />}
        {tried !== undefined && (
          <div role="status" className="grid gap-2">
            {isOld && (
              <p className="text-[0.87rem] text-ink-soft">
                Changed since: this is the answer to before.
              </p>
            )}
            <Verdict tried={tried.answer} draft={tried.draft} />
          </div>
        )}
      </div>
    </Card>
  )
}

interface RequestFieldsProps {
  readonly request: TypedRequest
  readonly onChange: (part: Partial<TypedRequest>) => void
  readonly onEnter: () => void
}

function RequestFields({ request, onChange, onEnter }: RequestFieldsProps) {
  const enter = (event: { key: string; preventDefault: () => void }) => {
    if (event.key !== 'Enter') return
    event.preventDefault()
    onEnter()
  }
  return (
    <>
      <div className="grid gap-3 sm:max-lg:grid-cols-[8rem_minmax(0,1fr)]">
        <Field label="Method">
          {(aria) => (
            <Select
              {...aria}
              value={request.method}
              onChange={({ target }) => onChange({ method: target.value })}
            >
              {httpMethods.map((method) => (
                <option key={method}>{method}</option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="URL">
          {(aria) => (
            <Input
              {...aria}
              inputMode="url"
              spellCheck={false}
              autoComplete="off"
              value={request.url}
              onChange={({ target }) => onChange({ url: target.value })}
              onKeyDown={enter}
            />
          )}
        </Field>
      </div>
      <details>
        <summary className="cursor-pointer text-[0.93rem] text-ink-soft hover:text-ink">
          Query and body
        </summary>
        <div className="mt-3 grid gap-3">
          <Field label="Query" hint="name=value, one a line, as it is before it is encoded.">
            {(aria) => (
              <Textarea
                {...aria}
                rows={2}
                spellCheck={false}
                className="font-mono text-[0.93rem]"
                value={request.query}
                onChange={({ target }) => onChange({ query: target.value })}
              />
            )}
          </Field>
          <Field label="Body" hint="JSON is sent as JSON, anything else as text.">
            {(aria) => (
              <Textarea
                {...aria}
                spellCheck={false}
                className="font-mono text-[0.93rem]"
                value={request.body}
                onChange={({ target }) => onChange({ body: target.value })}
              />
            )}
          </Field>
        </div>
      </details>
    </>
  )
}
