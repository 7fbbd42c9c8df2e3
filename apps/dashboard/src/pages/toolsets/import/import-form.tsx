import { CredentialInput, Label, Origin, ToolsetName } from '@sallyport/contracts'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useWatch } from 'react-hook-form'
import { z } from 'zod'
import { type Input, useAction } from '../../../api.ts'
import { Card } from '../../../components/card.tsx'
import { Form } from '../../../components/form.tsx'
import { TextField } from '../../../components/form-fields.tsx'
import { useToast } from '../../../components/toast.tsx'
import { countTaken, type Edits, toolChoices } from './choices.ts'
import { CredentialFields } from './credential-fields.tsx'
import {
  type CredentialWay,
  comesFromConnection,
  credentialOf,
  firstWay,
} from './credential-way.ts'
import type { Choices, Shown } from './use-preview.ts'

const route = getRouteApi('/frame/toolsets/new')

interface ImportFormProps {
  readonly shown: Shown
  readonly edits: Edits
  readonly onChoices: (choices: Choices) => void
}

/** What people type; the rest of the input is what was previewed. */
const Typed = z.object({
  name: ToolsetName,
  title: Label.optional(),
  origins: z.array(Origin).min(1, 'must be given').max(20).optional(),
  connectionId: z.string().min(1, 'must be chosen').optional(),
  credential: CredentialInput.optional(),
})
type Typed = z.output<typeof Typed>

/** The name, how the tools sign in, and the button that makes them. */
export function ImportForm({ shown, edits, onChoices }: ImportFormProps) {
  const { choices, preview } = shown
  const { securitySchemes } = preview
  const { connectionId = '' } = route.useSearch()
  const [way, setWay] = useState<CredentialWay>(() =>
    connectionId === '' ? firstWay(preview) : 'existing',
  )
  const [names, setNames] = useState<Names>(() => namesOf(shown))
  const scheme =
    securitySchemes.find(({ name }) => name === choices.securityScheme) ??
    securitySchemes.find(({ kind }) => kind !== undefined)
  const create = useCreate()
  const isChosen = comesFromConnection(way, scheme)
  const count = countTaken(preview.tools, edits)
  const onSubmit = (typed: Typed) =>
    create.mutateAsync({
      ...named(typed),
      ...choices,
      ...tools(shown, edits),
      ...credentialInput(isChosen ? 'existing' : way, typed),
      expects: preview.digest,
    })
  return (
    <Card title="Make the toolset">
      <Form<z.input<typeof Typed>, Typed>
        // What the document says of addresses and keys changes with the server and the scheme.
        key={[way, scheme?.name, ...preview.origins].join(' ')}
        schema={Typed}
        defaults={
          {
            ...names,
            ...(isChosen ? { connectionId } : { origins: [...preview.origins] }),
            ...(way === 'new' && !isChosen && { credential: credentialOf(scheme) }),
          } as never
        }
        onSubmit={onSubmit}
        submitLabel={`Import ${count.toLocaleString('en')} ${count === 1 ? 'tool' : 'tools'}`}
      >
        <KeepNames onNames={setNames} />
        <TextField
          name="name"
          label="Name of the toolset"
          hint={
            <>
              Small letters, digits and hyphens. Tools are called{' '}
              <span className="font-mono">{names.name || 'name'}.tool</span>.
            </>
          }
          autoComplete="off"
          spellCheck={false}
          autoCapitalize="none"
        />
        <TextField name="title" label="Title" optional autoComplete="off" />
        <CredentialFields
          preview={preview}
          way={way}
          onWay={setWay}
          scheme={scheme}
          onScheme={(securityScheme) => onChoices({ ...choices, securityScheme })}
        />
        <p className="text-[0.93rem] text-ink-soft">
          No agent has the tools then. You give them under Access.
        </p>
      </Form>
    </Card>
  )
}

interface Names {
  readonly name: string
  readonly title: string
}

const titleCharsMax = 120
const namesOf = ({ preview }: Shown): Names => ({
  name: preview.name,
  title: (preview.title ?? '').replace(/\s+/g, ' ').trim().slice(0, titleCharsMax),
})

const named = ({ name, title }: Typed) => ({ name, ...(title !== undefined && { title }) })

function tools({ preview }: Shown, edits: Edits): Pick<Input<'createToolset'>, 'tools'> {
  const chosen = toolChoices(preview.tools, edits)
  return chosen === undefined ? {} : { tools: chosen }
}

function credentialInput(
  way: CredentialWay,
  { connectionId, credential, origins }: Typed,
): Pick<Input<'createToolset'>, 'connectionId' | 'credential' | 'origins'> {
  if (way === 'existing') return { ...(connectionId !== undefined && { connectionId }) }
  return {
    ...(origins !== undefined && { origins }),
    ...(way === 'new' && credential !== undefined && { credential }),
    ...(way === 'none' && { credential: { kind: 'none' as const } }),
  }
}

/** What was typed outlives the fields that come and go with the credential. */
function KeepNames({ onNames }: { onNames: (names: Names) => void }) {
  const [name, title] = useWatch({ name: ['name', 'title'] }) as (string | undefined)[]
  useEffect(() => onNames({ name: name ?? '', title: title ?? '' }), [name, title, onNames])
  return null
}

function useCreate() {
  const navigate = useNavigate()
  const toast = useToast()
  return useAction('createToolset', {
    invalidates: ['tools', 'connections'],
    onDone: ({ toolset }) => {
      toast(`${toolset.toolCount.toLocaleString('en')} tools made`)
      void navigate({ to: '/toolsets/$toolsetId', params: { toolsetId: toolset.id } })
    },
  })
}
