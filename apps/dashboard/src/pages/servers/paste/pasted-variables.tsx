import type { ReadVariable } from '@sallyport/catalog'
import { Card } from '../../../components/card.tsx'
import { Field } from '../../../components/field.tsx'
import { Input, PasswordInput, Select } from '../../../components/input.tsx'
import { UntrustedText } from '../../../components/untrusted-text.tsx'

const charsShown = 300

interface PastedVariablesProps {
  readonly variables: readonly ReadVariable[]
  /** Names of variables that the vault has. */
  readonly existing: ReadonlySet<string>
  readonly given: Readonly<Record<string, string>>
  readonly onGive: (name: string, value: string) => void
}

/** What the chosen servers refer to, and what is given for it. */
export function PastedVariables(props: PastedVariablesProps) {
  return (
    <Card
      title="What they refer to"
      description="Nothing is taken from the environment of the vault or of your machine."
    >
      <div className="grid max-w-xl gap-5">
        {props.variables.map((variable) => (
          <Variable key={variable.name} variable={variable} {...props} />
        ))}
      </div>
    </Card>
  )
}

function Variable(props: PastedVariablesProps & { readonly variable: ReadVariable }) {
  const { variable, existing, given, onGive } = props
  const { name, kind, options } = variable
  const isThere = kind === 'sealed' && existing.has(name)
  const common = {
    autoComplete: 'off',
    spellCheck: false,
    value: given[name] ?? '',
    placeholder: isThere ? 'As it is in the vault' : '',
  }
  return (
    <Field
      label={<UntrustedText inline mono text={name} limit={100} />}
      optional={isThere}
      hint={<Hint variable={variable} isThere={isThere} />}
    >
      {(aria) =>
        options !== undefined ? (
          <Select
            {...aria}
            value={given[name] ?? ''}
            onChange={({ target }) => onGive(name, target.value)}
          >
            <option value="">{isThere ? 'As it is in the vault' : 'Choose one'}</option>
            {options.map((option) => (
              <option key={option} value={option}>
                {option}
              </option>
            ))}
          </Select>
        ) : kind === 'sealed' ? (
          <PasswordInput
            {...common}
            {...aria}
            onChange={({ target }) => onGive(name, target.value)}
          />
        ) : (
          <Input {...common} {...aria} onChange={({ target }) => onGive(name, target.value)} />
        )
      }
    </Field>
  )
}

function Hint({ variable, isThere }: { variable: ReadVariable; isThere: boolean }) {
  const { kind, description, usedBy } = variable
  return (
    <>
      {description !== undefined && (
        <>
          <UntrustedText inline text={description} limit={charsShown} />{' '}
        </>
      )}
      {kind === 'plain'
        ? 'Written into the settings, where it can be read: no secret. '
        : isThere
          ? 'The vault has a variable of this name. What you type takes its place. '
          : 'Becomes a variable of the vault, sealed. '}
      <UntrustedText inline text={`For ${usedBy.join(', ')}.`} limit={charsShown} />
    </>
  )
}
