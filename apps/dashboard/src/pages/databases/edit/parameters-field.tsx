import { ArrowDown, ArrowUp, Plus, Trash2 } from 'lucide-react'
import { get, useFieldArray, useFormContext } from 'react-hook-form'
import { Button, IconButton } from '../../../components/button.tsx'
import {
  CheckboxField,
  LinesField,
  NumberField,
  SelectField,
  TextField,
} from '../../../components/form-fields.tsx'
import { scalarOf } from './statement-typed.ts'

const plain = { spellCheck: false, autoCapitalize: 'none', autoComplete: 'off' } as const
const parametersMax = 100

const scalars = [
  { value: 'string', label: 'Text' },
  { value: 'integer', label: 'Whole number' },
  { value: 'float', label: 'Number' },
  { value: 'boolean', label: 'Yes or no' },
]
const types = [...scalars, { value: 'array', label: 'List' }]
const fillers = [
  { value: '', label: 'What the agent gives' },
  { value: 'id', label: 'The agent’s own id' },
  { value: 'name', label: 'The agent’s own name' },
]
const fresh = { name: '', type: 'string', description: '', required: true }

/** The parameters of a statement in the order of their places. What the vault fills in, no model can set. */
export function ParametersField() {
  const { fields, append, remove, swap } = useFieldArray({ name: 'parameters' })
  return (
    <fieldset className="grid min-w-0 gap-3">
      <legend className="mb-1.5 text-[0.93rem] font-medium">Parameters</legend>
      {fields.length === 0 && (
        <p className="text-[0.93rem] text-ink-soft">
          None: the statement is the same at every call.
        </p>
      )}
      {fields.map(({ id }, index) => (
        <fieldset
          key={id}
          aria-label={`Parameter ${index + 1}`}
          className="grid min-w-0 gap-3 rounded-md border border-line p-3.5"
        >
          <div className="flex items-center justify-between gap-2">
            <span aria-hidden="true" className="text-[0.93rem] font-medium">
              Parameter {index + 1}
            </span>
            <span className="flex">
              <IconButton
                size="sm"
                label={`Move parameter ${index + 1} up`}
                disabled={index === 0}
                onClick={() => swap(index, index - 1)}
              >
                <ArrowUp aria-hidden="true" />
              </IconButton>
              <IconButton
                size="sm"
                label={`Move parameter ${index + 1} down`}
                disabled={index === fields.length - 1}
                onClick={() => swap(index, index + 1)}
              >
                <ArrowDown aria-hidden="true" />
              </IconButton>
              <IconButton
                size="sm"
                label={`Remove parameter ${index + 1}`}
                onClick={() => remove(index)}
              >
                <Trash2 aria-hidden="true" />
              </IconButton>
            </span>
          </div>
          <Parameter at={`parameters.${index}`} />
        </fieldset>
      ))}
      {fields.length < parametersMax && (
        <div>
          <Button size="sm" onClick={() => append(fresh)}>
            <Plus aria-hidden="true" /> Add a parameter
          </Button>
        </div>
      )}
    </fieldset>
  )
}

interface Read {
  readonly type?: string
  readonly items?: string
  readonly agent?: string
  readonly required?: boolean
}

function Parameter({ at }: { at: string }) {
  const { watch, setValue } = useFormContext()
  const parameter = (get({ p: watch(at) }, 'p') ?? {}) as Read
  const isFilled = (parameter.agent ?? '') !== ''
  return (
    <>
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField name={`${at}.name`} label="Name" {...plain} />
        <SelectField
          name={`${at}.agent`}
          label="Filled in with"
          options={fillers}
          transform={(value) => (value === '' ? undefined : value)}
          onInput={({ currentTarget }) => {
            // Who calls is text, and always there.
            if (currentTarget.value !== '') setValue(`${at}.type`, 'string')
          }}
        />
      </div>
      {isFilled && (
        <p className="text-[0.87rem] text-ink-soft">
          The vault fills it in from who calls. No model sees it, and none can set it.
        </p>
      )}
      {!isFilled && (
        <>
          <div className="grid gap-3 sm:grid-cols-2">
            <SelectField name={`${at}.type`} label="Type" options={types} />
            {parameter.type === 'array' && (
              <SelectField
                name={`${at}.items`}
                label="Each of them"
                options={scalars}
                conditional
              />
            )}
          </div>
          <TextField
            name={`${at}.description`}
            label="What the agent reads about it"
            autoComplete="off"
          />
          <Bounds at={at} parameter={parameter} />
          <CheckboxField
            name={`${at}.required`}
            label="It must be given"
            hint="Where it is not, its default is bound, or NULL."
          />
          {parameter.required === false && parameter.type !== 'array' && (
            <TextField name={`${at}.default`} label="Default" optional conditional {...plain} />
          )}
        </>
      )}
    </>
  )
}

/** What narrows the values that an agent may give. Anything else is refused before anybody is asked. */
function Bounds({ at, parameter }: { at: string; parameter: Read }) {
  const scalar = scalarOf(parameter)
  const each = parameter.type === 'array' ? ' Of the list, for each of its values.' : ''
  const isNumber = scalar === 'integer' || scalar === 'float'
  return (
    <>
      {scalar !== 'boolean' && (
        <LinesField
          name={`${at}.enum`}
          label="Allowed values"
          hint={`One on each line; nothing means all of the type.${each}`}
          rows={2}
          optional
          conditional
          {...plain}
        />
      )}
      {isNumber && (
        <div className="grid gap-3 sm:grid-cols-2">
          <NumberField
            name={`${at}.minimum`}
            label="Minimum"
            inputMode="decimal"
            optional
            conditional
          />
          <NumberField
            name={`${at}.maximum`}
            label="Maximum"
            inputMode="decimal"
            optional
            conditional
          />
        </div>
      )}
    </>
  )
}
