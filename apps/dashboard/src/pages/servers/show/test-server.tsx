import type { McpServer } from '@sallyport/contracts'
import { useAction } from '../../../api.ts'
import { Button } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { ProblemNotice } from '../../../components/notice.tsx'
import { TestResult } from '../test-result.tsx'

/** Connects once more, beside what serves, and says how far it came. */
export function TestServer({ server: { id } }: { server: McpServer }) {
  const test = useAction('testMcpServer')
  return (
    <Card
      title="Test"
      description="Connects once more and lists its tools, beside the connection that serves. No tool is called."
      actions={
        <Button size="sm" busy={test.isPending} onClick={() => test.mutate({ serverId: id })}>
          Test it
        </Button>
      }
    >
      <div aria-live="polite">
        {test.error !== null && <ProblemNotice error={test.error} />}
        {test.data !== undefined && !test.isPending && <TestResult tried={test.data} />}
      </div>
    </Card>
  )
}
