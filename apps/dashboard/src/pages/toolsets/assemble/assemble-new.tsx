import { ToolsetName } from '@sallyport/contracts'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useAction } from '../../../api.ts'
import { Button } from '../../../components/button.tsx'
import { Field } from '../../../components/field.tsx'
import { Input } from '../../../components/input.tsx'
import { ProblemNotice } from '../../../components/notice.tsx'
import { useToast } from '../../../components/toast.tsx'
import { assembledTools, type Chosen, chosenFaults } from './chosen.ts'
import { ChosenList } from './chosen-list.tsx'
import { ToolPicker } from './tool-picker.tsx'

/** A toolset of tools from any others, each under a name of its own; calls go the way of their source. */
export function AssembleNew() {
  const [chosen, setChosen] = useState<readonly Chosen[]>([])
  const [name, setName] = useState('')
  const navigate = useNavigate()
  const toast = useToast()
  const create = useAction('createToolset', {
    invalidates: ['tools'],
    onDone: ({ toolset }) => {
      toast('Toolset made')
      void navigate({ to: '/toolsets/$toolsetId', params: { toolsetId: toolset.id } })
    },
  })
  const isNamed = ToolsetName.safeParse(name).success
  const isWhole = chosen.length > 0 && Object.keys(chosenFaults(chosen)).length === 0
  return (
    <div className="grid gap-4">
      <Field
        label="Name of the toolset"
        hint="Small letters, digits and hyphens."
        {...(name !== '' &&
          !isNamed && {
            error: 'It must be small letters, digits and single hyphens: stock-index.',
          })}
      >
        {(aria) => (
          <Input
            {...aria}
            className="max-w-md"
            autoComplete="off"
            spellCheck={false}
            autoCapitalize="none"
            value={name}
            onChange={({ target }) => setName(target.value)}
          />
        )}
      </Field>
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <ToolPicker chosen={chosen} onPick={(tool) => setChosen([...chosen, tool])} />
        <ChosenList chosen={chosen} onChange={setChosen} />
      </div>
      {create.error !== null && <ProblemNotice error={create.error} />}
      <div>
        <Button
          variant="primary"
          busy={create.isPending}
          disabled={!isNamed || !isWhole}
          onClick={() => create.mutate({ name, assemble: assembledTools(chosen) })}
        >
          Make the toolset
        </Button>
      </div>
    </div>
  )
}
