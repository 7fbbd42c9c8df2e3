import type { Connection } from '@sallyport/contracts'
import { useState } from 'react'
import { type Output, useAction } from '../../api.ts'
import { Button, TextLink } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { Field } from '../../components/field.tsx'
import { Input } from '../../components/input.tsx'
import { Notice, ProblemNotice } from '../../components/notice.tsx'
import { UntrustedText } from '../../components/untrusted-text.tsx'
import { testUrlFor } from './test-url.ts'

/** Tries the key with one GET and says how it went. */
export function TestConnection({ connection }: { connection: Connection }) {
  const { id, credential } = connection
  const what = credential?.kind === 'oauth2' ? 'account' : 'key'
  const [typed, setTyped] = useState<string>()
  const url = typed ?? testUrlFor(connection)
  const test = useAction('testConnection', { invalidates: ['audit'] })
  const run = () => test.mutate({ connectionId: id, url: url.trim() })
  return (
    <Card
      title="Test"
      description={`One GET with the ${what}, recorded in the audit log like any other.`}
    >
      <form
        noValidate
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault()
          run()
        }}
      >
        <Field label="URL" hint={`Best one that is answered only with a good ${what}.`}>
          {(aria) => (
            <Input
              {...aria}
              inputMode="url"
              autoComplete="off"
              spellCheck={false}
              value={url}
              onChange={({ target }) => setTyped(target.value)}
            />
          )}
        </Field>
        <div>
          <Button type="submit" busy={test.isPending}>
            Test the {what}
          </Button>
        </div>
        {test.error !== null && <ProblemNotice error={test.error} />}
        {test.data !== undefined && !test.isPending && <Result tested={test.data} />}
      </form>
    </Card>
  )
}

function Result({ tested }: { tested: Output<'testConnection'> }) {
  const { success, status, message, latencyMs, auditId } = tested
  return (
    <Notice
      tone={success ? 'good' : 'bad'}
      alert
      title={success ? 'It works.' : 'It does not work.'}
    >
      <UntrustedText text={message} />
      <p className="mt-1">
        {status !== undefined && `Status ${status}, `}
        {Math.round(latencyMs)} ms.{' '}
        <TextLink to="/audit" search={{ entry: auditId }}>
          See it in the audit log
        </TextLink>
      </p>
    </Notice>
  )
}
