import type { McpServer } from '@sallyport/contracts'
import { useFormContext } from 'react-hook-form'
import { useAction } from '../../../api.ts'
import { Button } from '../../../components/button.tsx'
import { ProblemNotice } from '../../../components/notice.tsx'
import { TestResult } from '../test-result.tsx'
import { TypedServer, toDraft } from './server-typed.ts'

/** Tries what is typed, beside whatever serves now; nothing is kept of it. */
export function TryDraft({ server }: { server: McpServer | undefined }) {
  const { getValues, trigger } = useFormContext()
  const test = useAction('testMcpServerDraft')
  const run = async () => {
    // Shows what is wrong at its field.
    if (!(await trigger())) return
    test.mutate(toDraft(TypedServer.parse(getValues()), server))
  }
  return (
    <div className="grid gap-3 rounded-md border border-line p-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="min-w-0 flex-1 basis-52 text-[0.93rem] text-ink-soft">
          Try it before it is saved: the vault connects once and lists the tools.
        </p>
        <Button size="sm" busy={test.isPending} onClick={() => void run()}>
          Test it
        </Button>
      </div>
      {test.error !== null && <ProblemNotice error={test.error} />}
      {test.data !== undefined && !test.isPending && <TestResult tried={test.data} />}
    </div>
  )
}
