import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useController, useFormContext } from 'react-hook-form'
import { query } from '../../../api.ts'
import { Field } from '../../../components/field.tsx'
import { LinesField } from '../../../components/form-fields.tsx'
import { Input } from '../../../components/input.tsx'
import { Notice } from '../../../components/notice.tsx'
import { CommandCheck } from './command-check.tsx'
import { PairsField } from './pairs-field.tsx'

const plain = { spellCheck: false, autoCapitalize: 'none', autoComplete: 'off' } as const

/** What is run, with what it is given. The command is looked for once its field is left. */
export function ProgramFields({ variablesHint }: { variablesHint: ReactNode }) {
  const { watch, formState } = useFormContext()
  const { field } = useController({ name: 'command' })
  const [left, setLeft] = useState<string>(String(field.value ?? ''))
  const message = formState.errors.command?.message
  const packageName = String(watch('package') ?? '')
  return (
    <>
      <StrengthNotice />
      <Field
        label="Command"
        hint="By its absolute path, or the name of one that the operator of the vault allowed. It is run without a shell."
        error={message === undefined ? undefined : `It ${String(message)}.`}
      >
        {(aria) => (
          <Input
            {...plain}
            {...aria}
            ref={field.ref}
            name="command"
            className="font-mono text-[0.93rem]"
            value={field.value}
            onChange={field.onChange}
            onBlur={({ target }) => {
              field.onBlur()
              setLeft(target.value.trim())
            }}
          />
        )}
      </Field>
      <CommandCheck
        command={left}
        package={packageName}
        onInstalled={(path) => {
          field.onChange(path)
          setLeft(path)
        }}
      />
      <LinesField
        name="args"
        label="Arguments"
        hint="One a line, each as it is: nothing is split, quoted or expanded. No secrets here: other programs can see them."
        optional
        className="font-mono text-[0.93rem]"
        {...plain}
      />
      <PairsField
        name="env"
        legend="Environment"
        one="variable"
        hint={<>It gets these and nothing of the vault’s own environment. {variablesHint}</>}
      />
    </>
  )
}

/** Said before anybody adds a program: where the vault is not root, nothing parts them. */
function StrengthNotice() {
  const { data } = useQuery(query('getMcpPrograms', {}))
  if (data === undefined || (data.allowed && data.isolated)) return null
  return (
    <Notice
      tone="warn"
      title={data.allowed ? 'Programs are as strong as the vault.' : 'The vault runs no programs.'}
    >
      <p>{data.message}</p>
    </Notice>
  )
}
