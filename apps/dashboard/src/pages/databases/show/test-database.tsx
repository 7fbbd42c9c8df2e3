import { type Output, useAction } from '../../../api.ts'
import { Button } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { ProblemNotice } from '../../../components/notice.tsx'
import { Time } from '../../../components/time.tsx'
import { CheckResult } from '../check-result.tsx'

type Database = Output<'getSource'>['source']

interface TestDatabaseProps {
  readonly source: Database
  readonly mayTest: boolean
}

/** Signs in, looks at what the role may do, and runs nothing of anybody's. */
export function TestDatabase({ source, mayTest }: TestDatabaseProps) {
  const test = useAction('testSource')
  const check = test.data?.check ?? source.check
  return (
    <Card
      title="Test"
      description={
        source.check === undefined ? (
          'Signs in and looks at what the role may do. No statement is run.'
        ) : (
          <>
            Last tested <Time at={source.check.at} />. No statement is run.
          </>
        )
      }
      actions={
        mayTest && (
          <Button
            size="sm"
            busy={test.isPending}
            onClick={() => test.mutate({ sourceId: source.id })}
          >
            Test it
          </Button>
        )
      }
    >
      <div className="grid gap-3">
        {test.error !== null && <ProblemNotice error={test.error} />}
        {check !== undefined && !test.isPending && (
          <CheckResult check={check} alert={test.data !== undefined} />
        )}
      </div>
    </Card>
  )
}
