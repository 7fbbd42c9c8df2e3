import type { GuardLevel } from '@sallyport/contracts'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { query } from '../api.ts'
import { Field } from './field.tsx'
import { Input } from './input.tsx'
import { ProblemNotice } from './notice.tsx'
import { RadioCards } from './radio-cards.tsx'

/** What an owner chose: `none`, or a level with the domains that are their own. */
export interface ChosenGuard {
  readonly level: GuardLevel | 'none'
  readonly domains: readonly string[]
}

interface GuardChoiceProps {
  readonly actionTemplateId: string
  readonly connectionId: string | undefined
  readonly value: ChosenGuard
  readonly onChange: (value: ChosenGuard) => void
}

const levels = [
  ['none', 'No guard', 'Only what is said above counts.'],
  ['minimal', 'Minimal', 'Keeps back what can hardly be undone.'],
  ['standard', 'Standard (recommended)', 'Also what goes to strangers.'],
  ['strict', 'Strict', 'Whatever can be told apart; much of it is refused instead of asked about.'],
] as const

/** Rules that come with an action and keep back what it could do. Says in words what the chosen level comes to. */
export function GuardChoice({ actionTemplateId, connectionId, value, onChange }: GuardChoiceProps) {
  return (
    <div className="grid gap-3">
      <RadioCards
        legend="Guard"
        value={value.level}
        options={levels.map(([level, label, description]) => ({
          value: level,
          label,
          description,
        }))}
        onChange={(level) => onChange({ ...value, level })}
      />
      {value.level !== 'none' && (
        <Parts
          actionTemplateId={actionTemplateId}
          connectionId={connectionId}
          level={value.level}
          value={value}
          onChange={onChange}
        />
      )}
    </div>
  )
}

function Parts(props: GuardChoiceProps & { readonly level: GuardLevel }) {
  const { actionTemplateId, connectionId, level, value, onChange } = props
  const { data, error } = useQuery({
    ...query('expandGuard', {
      actionTemplateId,
      ...(connectionId !== undefined && { connectionId }),
      guard: { level, domains: [...value.domains] },
    }),
    placeholderData: keepPreviousData,
  })
  if (error !== null) return <ProblemNotice error={error} />
  const parts = data?.guard.parts ?? []
  const isAboutOutsiders = parts.some(({ needsDomains }) => needsDomains)
  return (
    <>
      {isAboutOutsiders && (
        <Domains domains={value.domains} onChange={(domains) => onChange({ ...value, domains })} />
      )}
      {data !== undefined && parts.length === 0 && (
        <p className="text-[0.93rem] text-ink-soft">There is nothing that this level keeps back.</p>
      )}
      <ul className="grid list-disc gap-1 pl-5 text-[0.93rem]">
        {parts.map(({ preset, sentence, needsDomains }) => (
          <li key={preset}>
            {sentence}
            {needsDomains && value.domains.length === 0 && (
              <span className="font-medium text-warn"> Say first who is inside.</span>
            )}
          </li>
        ))}
      </ul>
    </>
  )
}

const domainPattern = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/
const namesIn = (text: string) =>
  text
    .toLowerCase()
    .split(/[\s,;]+/)
    .filter((name) => name !== '')

interface DomainsProps {
  readonly domains: readonly string[]
  readonly onChange: (domains: readonly string[]) => void
}

/** Kept as it is typed; what is no domain is said and not sent. */
function Domains({ domains, onChange }: DomainsProps) {
  const [text, setText] = useState(domains.join(', '))
  const wrong = namesIn(text).find((name) => !domainPattern.test(name))
  return (
    <Field
      label="Your own domains"
      hint="Whoever has an address elsewhere is outside. Several with commas between them."
      error={wrong === undefined ? undefined : `${wrong} is no domain such as example.com.`}
    >
      {(aria) => (
        <Input
          {...aria}
          value={text}
          autoCapitalize="off"
          spellCheck={false}
          placeholder="example.com"
          onChange={({ target }) => {
            setText(target.value)
            onChange(namesIn(target.value).filter((name) => domainPattern.test(name)))
          }}
        />
      )}
    </Field>
  )
}
