import type { Source, SourceCheck } from '@sallyport/contracts'
import { useFormContext } from 'react-hook-form'
import { useAction } from '../../../api.ts'
import { Button } from '../../../components/button.tsx'
import { ProblemNotice } from '../../../components/notice.tsx'
import { CheckResult } from '../check-result.tsx'
import { isSameSignIn, TypedDatabase, targetOf } from './database-typed.ts'

/** Signs in with what is typed; nothing is kept of it. */
export function TryDraft({ source }: { source: Source | undefined }) {
  const { getValues, trigger, watch } = useFormContext()
  const test = useAction('testSourceDraft')
  const check: SourceCheck | undefined = test.isPending ? undefined : test.data?.check
  // The kept password goes to no other place: for that it has to be typed again.
  const isTyped = (watch('password') ?? '') !== ''
  const [host, port, tls, user] = watch(['host', 'port', 'tls', 'user'])
  const lacksPassword =
    source?.hasPassword === true && !isTyped && !isSameSignIn(source, { host, port, tls, user })
  const run = async () => {
    // Shows what is wrong at its field.
    if (!(await trigger())) return
    test.mutate({
      ...targetOf(TypedDatabase.parse(getValues())),
      ...(source !== undefined && !isTyped && source.hasPassword && { sourceId: source.id }),
    })
  }
  return (
    <div className="grid gap-3 rounded-md border border-line p-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="min-w-0 flex-1 basis-52 text-[0.93rem] text-ink-soft">
          {lacksPassword
            ? 'To try another host, port, user or TLS mode, type the password too: the one that is kept goes nowhere else.'
            : 'Try it before it is saved: the vault signs in and looks at what the role may do.'}
        </p>
        <Button size="sm" disabled={lacksPassword} busy={test.isPending} onClick={() => void run()}>
          Test it
        </Button>
      </div>
      {test.error !== null && <ProblemNotice error={test.error} />}
      {check !== undefined && <CheckResult check={check} alert />}
    </div>
  )
}
