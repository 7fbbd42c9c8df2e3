import { useQuery } from '@tanstack/react-query'
import { query } from '../../../api.ts'
import { Button } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { LoadingState } from '../../../components/loading-state.tsx'
import { ErrorState } from '../../../components/states.tsx'
import { UntrustedText } from '../../../components/untrusted-text.tsx'

const linesShown = 500
const lineCharsShown = 2_000

/** The last lines, without the empty one behind the last end of a line. */
const linesOf = (log: string): readonly string[] =>
  log.replace(/\n$/, '').split('\n').slice(-linesShown)

/** The end of what its program wrote to standard error. */
export function ServerLog({ serverId }: { serverId: string }) {
  const { data, error, refetch, isFetching } = useQuery(query('getMcpServerLog', { serverId }))
  return (
    <Card
      title="Log"
      description="The end of what the program wrote to standard error, without secrets."
      actions={
        <Button size="sm" busy={isFetching} onClick={() => void refetch()}>
          Read again
        </Button>
      }
    >
      {data === undefined ? (
        error === null ? (
          <LoadingState lines={2} />
        ) : (
          <ErrorState error={error} onRetry={refetch} />
        )
      ) : data.log === '' ? (
        <p className="text-ink-soft">It has written nothing.</p>
      ) : (
        // biome-ignore lint/a11y/useSemanticElements: fieldsets group controls, and this is text that scrolls
        <div
          // The newest stands at the end.
          ref={(box) => box?.scrollTo({ top: box.scrollHeight })}
          role="group"
          aria-label="Standard error"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
          tabIndex={0}
          className="max-h-80 overflow-y-auto rounded-md border border-line bg-sunken px-3 py-2 text-[0.93rem]"
        >
          {linesOf(data.log).map((line, index) => (
            <div key={index}>
              <UntrustedText inline mono text={line} limit={lineCharsShown} />
            </div>
          ))}
        </div>
      )}
    </Card>
  )
}
