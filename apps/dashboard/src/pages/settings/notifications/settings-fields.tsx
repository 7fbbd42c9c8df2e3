import { notificationKinds } from '@sallyport/contracts'
import { useController } from 'react-hook-form'
import { Checkbox } from '../../../components/input.tsx'
import { RadioCards } from '../../../components/radio-cards.tsx'
import { useSession } from '../../../session.ts'
import { eventWords, scopeOfEvent } from './channel-words.ts'

/** Which kinds of event a channel tells of. */
export function EventsField() {
  const { field } = useController({ name: 'events' })
  const chosen: readonly string[] = Array.isArray(field.value) ? field.value : []
  const scopes = useSession()?.scopes ?? []
  const change = (event: string, on: boolean) =>
    field.onChange(notificationKinds.filter((one) => (one === event ? on : chosen.includes(one))))
  return (
    <fieldset className="grid min-w-0 gap-2.5">
      <legend className="mb-2 text-[0.93rem] font-medium">What it tells of</legend>
      {notificationKinds.map((event) => (
        <div key={event} className="flex gap-2.5">
          <Checkbox
            id={`event-${event}`}
            className="mt-0.5"
            checked={chosen.includes(event)}
            onCheckedChange={(on) => change(event, on)}
            aria-describedby={`event-${event}-about`}
          />
          <div className="min-w-0">
            <label htmlFor={`event-${event}`}>{eventWords[event].name}</label>
            <p id={`event-${event}-about`} className="text-[0.87rem] text-ink-soft">
              {eventWords[event].sentence}
              {!scopes.includes(scopeOfEvent[event]) &&
                ' Your role does not read of it, so you are not told.'}
            </p>
          </div>
        </div>
      ))}
      {chosen.length === 0 && (
        <p className="text-[0.87rem] font-medium text-warn">So it tells of nothing, tests aside.</p>
      )}
    </fieldset>
  )
}

/** How much a message names. */
export function DetailField() {
  const { field } = useController({ name: 'detail' })
  return (
    <RadioCards
      legend="How much it says"
      value={field.value === 'minimal' ? 'minimal' : 'full'}
      options={[
        {
          value: 'full',
          label: 'What it is about',
          description:
            'Agent, method, host and path, and what the agent said. Whoever runs the service can read it.',
        },
        {
          value: 'minimal',
          label: 'Only that something waits',
          description: 'No names of anything. What it is you read here.',
        },
      ]}
      onChange={field.onChange}
    />
  )
}
