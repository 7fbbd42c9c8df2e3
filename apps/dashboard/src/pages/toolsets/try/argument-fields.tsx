import type { ReactNode } from 'react'
import { Field } from '../../../components/field.tsx'
import { Input, Select, Textarea } from '../../../components/input.tsx'
import { oneLine } from '../../../components/tools/one-line.ts'
import { plainText } from '../../../components/tools/plain-text.ts'
import { UntrustedText } from '../../../components/untrusted-text.tsx'
import { type Faults, keyOf, type Typed } from '../schema/arguments-draft.ts'
import { typeWords } from '../schema/schema-rows.ts'
import type { SchemaField, Shape } from '../schema/schema-shape.ts'

const nameCharsShown = 100
const hintCharsShown = 300
const optionCharsShown = 100

interface ArgumentFieldsProps {
  readonly fields: readonly SchemaField[]
  readonly typed: Typed
  readonly faults: Faults
  readonly onType: (key: string, text: string) => void
}

/** The fields of a tool's arguments, made from its schema; objects within become groups. */
export function ArgumentFields({ fields, ...rest }: ArgumentFieldsProps) {
  return fields.map((field) => <ArgumentField key={keyOf(field.path)} field={field} {...rest} />)
}

interface ArgumentFieldProps extends Omit<ArgumentFieldsProps, 'fields'> {
  readonly field: SchemaField
}

function ArgumentField({ field, typed, faults, onType }: ArgumentFieldProps) {
  const { path, shape, required } = field
  const key = keyOf(path)
  const name = <UntrustedText inline mono text={path.at(-1) ?? ''} limit={nameCharsShown} />
  if (shape.kind === 'group') {
    return (
      <fieldset className="grid gap-4 border-l-2 border-line pl-4">
        <legend className="mb-2 -ml-4 text-[0.93rem] font-medium">
          {name}
          {!required && <span className="font-normal text-ink-soft"> (optional)</span>}
        </legend>
        <ArgumentFields fields={shape.fields} typed={typed} faults={faults} onType={onType} />
      </fieldset>
    )
  }
  return (
    <Field label={name} optional={!required} hint={hintOf(field)} error={faults[key]}>
      {(aria) => (
        <Control
          {...aria}
          shape={shape}
          example={exampleOf(field)}
          value={typed[key] ?? ''}
          onValue={(text) => onType(key, text)}
        />
      )}
    </Field>
  )
}

const listWords = { list: ', one a line', json: ', as JSON' }

function hintOf({ schema, shape }: SchemaField): ReactNode {
  const { description } = schema
  const how = shape.kind === 'list' || shape.kind === 'json' ? listWords[shape.kind] : ''
  return (
    <>
      {typeof description === 'string' && (
        <>
          <UntrustedText inline text={oneLine(description)} limit={hintCharsShown} />{' '}
        </>
      )}
      {shape.kind !== 'choice' && shape.kind !== 'boolean' && (
        <>
          (<UntrustedText inline text={typeWords(schema, schema)} limit={nameCharsShown} />)
        </>
      )}
      {how}
    </>
  )
}

/** What a value could be, in the colour of what was not typed. */
function exampleOf({ schema }: SchemaField): string {
  const { examples, example, default: usual } = schema
  const one = Array.isArray(examples) ? examples[0] : (example ?? usual)
  if (one === undefined) return ''
  return plainText(typeof one === 'string' ? one : JSON.stringify(one), optionCharsShown)
}

interface ControlProps {
  readonly shape: Exclude<Shape, { kind: 'group' }>
  readonly example: string
  readonly value: string
  readonly onValue: (text: string) => void
}

const plain = { autoComplete: 'off', spellCheck: false, autoCapitalize: 'none' } as const

function Control({ shape, example, value, onValue, ...aria }: ControlProps) {
  const common = { ...aria, ...plain, value, placeholder: example }
  switch (shape.kind) {
    case 'boolean':
      return (
        <Select {...aria} value={value} onChange={({ target }) => onValue(target.value)}>
          <option value="">Not given</option>
          <option value="true">true</option>
          <option value="false">false</option>
        </Select>
      )
    case 'choice':
      return (
        <Select {...aria} value={value} onChange={({ target }) => onValue(target.value)}>
          <option value="">Not given</option>
          {shape.options.map((option, index) => (
            <option key={index} value={index}>
              {plainText(
                typeof option === 'string' ? option : JSON.stringify(option),
                optionCharsShown,
              )}
            </option>
          ))}
        </Select>
      )
    case 'list':
    case 'json':
      return (
        <Textarea
          {...common}
          rows={shape.kind === 'json' ? 4 : 2}
          className="font-mono text-[0.87rem]"
          onChange={({ target }) => onValue(target.value)}
        />
      )
    default:
      return (
        <Input
          {...common}
          inputMode={shape.kind === 'number' ? 'decimal' : 'text'}
          onChange={({ target }) => onValue(target.value)}
        />
      )
  }
}
