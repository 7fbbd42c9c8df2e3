import { useQuery } from '@tanstack/react-query'
import { query } from '../../api.ts'
import { Card } from '../../components/card.tsx'
import { lazyPart } from '../../components/lazy-part.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { ErrorState } from '../../components/states.tsx'
import { useMay } from '../../session.ts'

const AlertSettingsForm = lazyPart(
  async () => (await import('./alert-settings-form.tsx')).AlertSettingsForm,
  <LoadingState />,
)

/** What agents are watched for, and what is done by itself. */
export function AlertSettingsPage() {
  const { data, error, refetch } = useQuery(query('getAlertSettings', {}))
  const mayChange = useMay('workspace:write')
  if (data === undefined) {
    return error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />
  }
  const { alertSettings } = data
  return (
    <div className="grid gap-5">
      <p className="max-w-2xl text-ink-soft">
        The vault tells you when an agent does what it does not usually do. It looks at when, how
        often, how much and where to, never at what is in a request.{' '}
        {!mayChange && 'Only an owner or admin can change this.'}
      </p>
      <Card title="What is watched for">
        <fieldset disabled={!mayChange} className="min-w-0">
          <legend className="sr-only">What is watched for</legend>
          <AlertSettingsForm
            key={JSON.stringify(alertSettings)}
            settings={alertSettings}
            mayChange={mayChange}
          />
        </fieldset>
      </Card>
    </div>
  )
}
