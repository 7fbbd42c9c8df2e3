import {
  type AlertKind,
  type AlertSettings,
  alertKinds,
  putAlertSettings,
} from '@sallyport/contracts'
import { useController, useWatch } from 'react-hook-form'
import { useAction } from '../../api.ts'
import { alertNames } from '../../components/alert-words.ts'
import { Form } from '../../components/form.tsx'
import { SelectField } from '../../components/form-fields.tsx'
import { Checkbox } from '../../components/input.tsx'
import { Notice } from '../../components/notice.tsx'
import { useToast } from '../../components/toast.tsx'

interface KindWords {
  /** What it is, in plain words. */
  readonly about: string
  /** What each sensitivity takes, the most patient first. Without them it is on or off. */
  readonly takes?: Readonly<Record<'low' | 'normal' | 'high', string>>
}

const off = { value: 'off', label: 'Off' }
const onOff = [off, { value: 'normal', label: 'On' }]
const degrees = [
  off,
  { value: 'low', label: 'Low' },
  { value: 'normal', label: 'Normal' },
  { value: 'high', label: 'High' },
]
const words: Readonly<Record<AlertKind, KindWords>> = {
  limit_reached: {
    about: 'A limit or budget of its policy refuses it. Once for each limit, not for each request.',
  },
  many_denials: {
    about: 'It is refused again and again within a quarter of an hour.',
    takes: {
      low: 'From 60 times on, where that is four times as often as usual.',
      normal: 'From 20 times on, where that is twice as often as usual.',
      high: 'From 8 times on, where that is half as often again as usual.',
    },
  },
  burst: {
    about: 'It tries far more in five minutes than it usually does.',
    takes: {
      low: 'Six times as many, and more than 200.',
      normal: 'Three times as many, and more than 60.',
      high: 'Twice as many, and more than 30.',
    },
  },
  volume: {
    about: 'It moves far more data within an hour than it usually does.',
    takes: {
      low: 'Eight times as much, and more than 100 MB.',
      normal: 'Four times as much, and more than 20 MB.',
      high: 'Two and a half times as much, and more than 5 MB.',
    },
  },
  new_host: {
    about: 'It calls a host that it never called, by a connection that it has used for a while.',
  },
  unusual_hours: {
    about:
      'It is at work at hours at which it never is. For agents that work at any hour, turn it off.',
    takes: {
      low: 'From 30 requests on, three hours away from usual ones.',
      normal: 'From 10 requests on, two hours away from usual ones.',
      high: 'From 3 requests on, an hour away from usual ones.',
    },
  },
}
const order: readonly AlertKind[] = [
  ...(['limit_reached', 'many_denials', 'burst', 'volume', 'new_host', 'unusual_hours'] as const),
]

interface AlertSettingsFormProps {
  readonly settings: AlertSettings
  readonly mayChange: boolean
}

export function AlertSettingsForm({ settings, mayChange }: AlertSettingsFormProps) {
  const toast = useToast()
  const put = useAction('putAlertSettings', { onDone: () => toast('Saved') })
  return (
    <Form
      schema={putAlertSettings.input}
      defaults={settings}
      onSubmit={put.mutateAsync}
      submitLabel="Save"
    >
      {order.map((kind) => (
        <SensitivityField key={kind} kind={kind} />
      ))}
      <SelectField
        name="timezone"
        label="Time zone"
        hint="In which hours are unusual. Another one begins to learn the hours anew."
        options={timeZones(settings.timezone).map((zone) => ({
          value: zone,
          label: zone.replaceAll('_', ' '),
        }))}
      />
      <FreezeField mayChange={mayChange} />
    </Form>
  )
}

/** How soon a kind is told of, and what the choice means. */
function SensitivityField({ kind }: { kind: AlertKind }) {
  const name = `sensitivity.${kind}`
  const chosen: unknown = useWatch({ name })
  const { about, takes } = words[kind]
  const taken = Object.entries(takes ?? {}).find(([degree]) => degree === chosen)?.[1]
  return (
    <SelectField
      name={name}
      label={alertNames[kind]}
      hint={taken === undefined ? about : `${about} ${taken}`}
      options={takes === undefined ? onOff : degrees}
    />
  )
}

/** What this browser knows, with the one that is set whatever it is. */
function timeZones(current: string): readonly string[] {
  return [...new Set(['UTC', current, ...Intl.supportedValuesOf('timeZone')])]
}

/** Which kinds disable the agent by themselves. */
function FreezeField({ mayChange }: { mayChange: boolean }) {
  const { field } = useController({ name: 'freezeOn' })
  const chosen: readonly string[] = Array.isArray(field.value) ? field.value : []
  const change = (kind: AlertKind, on: boolean) =>
    field.onChange(alertKinds.filter((one) => (one === kind ? on : chosen.includes(one))))
  return (
    <fieldset className="grid min-w-0 gap-2.5">
      <legend className="mb-1.5 text-[0.93rem] font-medium">
        Disable the agent at once when it raises
      </legend>
      <div className="grid gap-2.5 sm:grid-cols-2">
        {order.map((kind) => (
          <div key={kind} className="flex items-center gap-2.5">
            <Checkbox
              id={`freeze-${kind}`}
              disabled={!mayChange}
              checked={chosen.includes(kind)}
              onCheckedChange={(on) => change(kind, on)}
            />
            <label htmlFor={`freeze-${kind}`}>{alertNames[kind]}</label>
          </div>
        ))}
      </div>
      {chosen.length === 0 ? (
        <p className="text-[0.87rem] text-ink-soft">
          Nothing chosen: agents are never disabled by themselves.
        </p>
      ) : (
        <Notice tone="warn" title="It stops agents with nobody asked.">
          <p>
            Within about 15 seconds its tokens and running calls end, on every connection, until a
            person enables it again on its page. A false alarm stops it just as well. For 15 minutes
            after that it is not disabled again.
          </p>
        </Notice>
      )}
    </fieldset>
  )
}
