import { type FormEvent, useState } from 'react'
import { Button } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { Field } from '../../../components/field.tsx'
import { Input, Select } from '../../../components/input.tsx'
import { plainText } from '../../../components/tools/plain-text.ts'
import { UntrustedText } from '../../../components/untrusted-text.tsx'
import type { Choices, Shown } from './use-preview.ts'

const other = 'other'
const urlCharsShown = 120

interface ServerCardProps {
  readonly shown: Shown
  readonly isBusy: boolean
  readonly onChoices: (choices: Choices) => void
}

/** Where the tools send their requests: a server of the document with its variables, or an address of one's own. */
export function ServerCard({ shown: { choices, preview }, isBusy, onChoices }: ServerCardProps) {
  const { servers, origin, format } = preview
  const isListed = servers.some(({ url }) => url === choices.server)
  const isNone = origin === undefined
  const [isOther, setOther] = useState(isNone || (choices.server !== undefined && !isListed))
  const at = servers.find(({ url }) => url === choices.server) ?? servers[0]
  if (format === 'curl' && !isNone) return null
  const choose = (server: string) => {
    setOther(server === other)
    if (server !== other) onChoices({ ...withoutServer(choices), server })
  }
  return (
    <Card
      title="Where requests go"
      description={
        isNone ? (
          'The document does not say: give the address of the API.'
        ) : (
          <UntrustedText inline mono text={origin} limit={urlCharsShown} />
        )
      }
    >
      <div className="grid max-w-xl gap-4">
        {servers.length > 0 && (
          <Field label="Server">
            {(aria) => (
              <Select
                {...aria}
                disabled={isBusy}
                value={isOther ? other : (at?.url ?? other)}
                onChange={({ target }) => choose(target.value)}
              >
                {servers.map(({ url, description }) => (
                  <option key={url} value={url}>
                    {plainText([url, description].filter(Boolean).join(' · '), urlCharsShown)}
                  </option>
                ))}
                <option value={other}>Another address</option>
              </Select>
            )}
          </Field>
        )}
        {isOther || servers.length === 0 ? (
          <OtherServer
            server={isListed ? '' : (choices.server ?? '')}
            isBusy={isBusy}
            onServer={(server) => onChoices({ ...withoutServer(choices), server })}
          />
        ) : (
          at !== undefined &&
          at.variables.length > 0 && (
            <Variables
              key={at.url}
              variables={at.variables}
              values={choices.variables ?? {}}
              isBusy={isBusy}
              onValues={(variables) => onChoices({ ...choices, variables })}
            />
          )
        )}
      </div>
    </Card>
  )
}

const withoutServer = ({ server: _, variables: __, ...rest }: Choices): Choices => rest

interface OtherServerProps {
  readonly server: string
  readonly isBusy: boolean
  readonly onServer: (server: string) => void
}

function OtherServer({ server, isBusy, onServer }: OtherServerProps) {
  const [typed, setTyped] = useState(server)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (typed.trim() !== '') onServer(typed.trim())
  }
  return (
    <form onSubmit={submit} className="grid items-end gap-2 sm:grid-cols-[minmax(0,1fr)_auto]">
      <Field label="Address of the API">
        {(aria) => (
          <Input
            {...aria}
            inputMode="url"
            spellCheck={false}
            autoCapitalize="none"
            placeholder="https://api.example.com/v1"
            value={typed}
            onChange={({ target }) => setTyped(target.value)}
          />
        )}
      </Field>
      <Button type="submit" busy={isBusy} disabled={typed.trim() === ''}>
        Use it
      </Button>
    </form>
  )
}

type Variable = Shown['preview']['servers'][number]['variables'][number]

interface VariablesProps {
  readonly variables: readonly Variable[]
  readonly values: Readonly<Record<string, string>>
  readonly isBusy: boolean
  readonly onValues: (values: Record<string, string>) => void
}

function Variables({ variables, values, isBusy, onValues }: VariablesProps) {
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>(values)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onValues({ ...typed })
  }
  const valueIn = ({ name, default: usual }: Variable) => typed[name] ?? usual
  return (
    <form onSubmit={submit} className="grid gap-3">
      {variables.map((variable) => (
        <Field
          key={variable.name}
          label={<UntrustedText inline mono text={variable.name} limit={urlCharsShown} />}
          {...(variable.description !== undefined && {
            hint: <UntrustedText inline text={variable.description} limit={urlCharsShown} />,
          })}
        >
          {(aria) => (
            <VariableInput
              {...aria}
              variable={variable}
              value={valueIn(variable)}
              onValue={(value) => setTyped({ ...typed, [variable.name]: value })}
            />
          )}
        </Field>
      ))}
      <div>
        <Button type="submit" busy={isBusy}>
          Use these
        </Button>
      </div>
    </form>
  )
}

interface VariableInputProps {
  readonly variable: Variable
  readonly value: string
  readonly onValue: (value: string) => void
}

function VariableInput({ variable, value, onValue, ...aria }: VariableInputProps) {
  if (variable.values === undefined) {
    return <Input {...aria} value={value} onChange={({ target }) => onValue(target.value)} />
  }
  return (
    <Select {...aria} value={value} onChange={({ target }) => onValue(target.value)}>
      {variable.values.map((one) => (
        <option key={one} value={one}>
          {plainText(one, urlCharsShown)}
        </option>
      ))}
    </Select>
  )
}
