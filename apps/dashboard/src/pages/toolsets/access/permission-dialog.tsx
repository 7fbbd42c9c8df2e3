import type { EffectiveGrant } from '@sallyport/contracts'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { query, useAction } from '../../../api.ts'
import { Button } from '../../../components/button.tsx'
import { Dialog } from '../../../components/dialog.tsx'
import { EndDate } from '../../../components/end-date.tsx'
import { Field } from '../../../components/field.tsx'
import { Input, Select } from '../../../components/input.tsx'
import { LoadingState } from '../../../components/loading-state.tsx'
import { ProblemNotice } from '../../../components/notice.tsx'
import { RadioCards } from '../../../components/radio-cards.tsx'
import { useToast } from '../../../components/toast.tsx'
import { askWords, describePermission } from '../../../components/tools/permission-words.ts'
import { draftOf, type GrantDraft, inputOf } from './grant-draft.ts'
import { type AgentRow, cellOf } from './matrix-cells.ts'

/** The tool that a permission is about; the toolset as a whole where there is none. */
export interface Target {
  readonly toolId?: string
  readonly name: string
  readonly connectionId?: string | undefined
}

/** An assembled toolset has its grants in the policies of all connections that its tools go with. */
const policiesRead = 200

interface PermissionDialogProps {
  readonly toolsetId: string
  readonly row: AgentRow
  readonly target: Target
  readonly onClose: () => void
}

/** What one agent may do with one tool, or with all of a toolset. */
export function PermissionDialog(props: PermissionDialogProps) {
  const { toolsetId, row, target, onClose } = props
  const { agent } = row
  const { connectionId, toolId } = target
  const cell = cellOf(row, toolId)
  const policies = useQuery({
    ...query('listPolicies', {
      agentId: agent.id,
      limit: policiesRead,
      ...(connectionId !== undefined && { connectionId }),
    }),
    enabled: cell.isOwn,
  })
  const isReady = !policies.isFetching || policies.data !== undefined
  const grant = policies.data?.policies
    .flatMap(({ tools = [] }) => tools)
    .find((one) => one.toolsetId === toolsetId && one.toolId === toolId)
  return (
    <Dialog
      title={toolId === undefined ? `All tools of ${target.name}` : target.name}
      description={`For ${agent.name}`}
      open
      onClose={onClose}
    >
      {isReady ? (
        <Editing
          {...props}
          begin={draftOf(cell.isOwn ? cell.permission : nothing, grant)}
          inherited={row.toolset}
        />
      ) : (
        <LoadingState />
      )}
    </Dialog>
  )
}

const nothing: EffectiveGrant = { allowed: false, from: 'none' }

interface EditingProps extends PermissionDialogProps {
  readonly begin: GrantDraft
  readonly inherited: EffectiveGrant
}

function Editing({ toolsetId, row, target, onClose, begin, inherited }: EditingProps) {
  const [draft, setDraft] = useState(begin)
  const toast = useToast()
  const options = {
    invalidates: ['toolsets', 'tools', 'policies', 'agents', 'approvals'],
    onDone: () => {
      toast('Permission saved')
      onClose()
    },
  }
  const ofTool = useAction('setToolPermission', options)
  const ofToolset = useAction('setToolsetPermission', options)
  const { toolId } = target
  const save = () => {
    const permission = { agentId: row.agent.id, ...inputOf(draft) }
    if (toolId === undefined) ofToolset.mutate({ toolsetId, ...permission })
    else ofTool.mutate({ toolId, ...permission })
  }
  const error = ofTool.error ?? ofToolset.error
  return (
    <form
      className="grid gap-5"
      onSubmit={(event) => {
        event.preventDefault()
        save()
      }}
    >
      {error !== null && <ProblemNotice error={error} />}
      <RadioCards
        legend="May it call it?"
        value={draft.may}
        options={toolId === undefined ? toolsetOptions : toolOptions(inherited)}
        onChange={(may) => setDraft({ ...draft, may })}
      />
      {draft.may === 'allow' && <HowFields draft={draft} onChange={setDraft} />}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" variant="primary" busy={ofTool.isPending || ofToolset.isPending}>
          Save
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </div>
    </form>
  )
}

const toolsetOptions = [
  {
    value: 'allow',
    label: 'All tools',
    description: 'Those that come later too, unless one is taken out.',
  },
  {
    value: 'inherit',
    label: 'Not as a whole',
    description: 'Only tools that are granted one by one.',
  },
] as const

const toolOptions = (inherited: EffectiveGrant) =>
  [
    {
      value: 'inherit',
      label: 'As for all tools',
      description: describePermission(inherited, Date.now()),
    },
    { value: 'allow', label: 'Allowed', description: 'Whatever is said for all tools.' },
    { value: 'deny', label: 'Not allowed', description: 'Even where all tools are.' },
  ] as const

const limits = [
  ['perMinute', 'a minute'],
  ['perHour', 'an hour'],
  ['perDay', 'a day'],
] as const

interface HowFieldsProps {
  readonly draft: GrantDraft
  readonly onChange: (draft: GrantDraft) => void
}

/** When owners are asked, how often it may be called, and until when. */
function HowFields({ draft, onChange }: HowFieldsProps) {
  return (
    <>
      <Field label="Owners are asked">
        {(aria) => (
          <Select
            {...aria}
            value={draft.approval}
            onChange={({ target }) =>
              onChange({ ...draft, approval: target.value as GrantDraft['approval'] })
            }
          >
            <option value="">As the policy says</option>
            {Object.entries(askWords).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <fieldset className="grid gap-2">
        <legend className="mb-1.5 text-[0.93rem] font-medium">
          At most so many calls of each tool
        </legend>
        <div className="grid grid-cols-3 gap-2">
          {limits.map(([name, label]) => (
            <Field key={name} label={label}>
              {(aria) => (
                <Input
                  {...aria}
                  type="number"
                  min={1}
                  max={1_000_000}
                  step={1}
                  value={draft[name]}
                  onChange={({ target }) => onChange({ ...draft, [name]: target.value })}
                />
              )}
            </Field>
          ))}
        </div>
      </fieldset>
      <EndDate value={draft.endsAtMs} onChange={(endsAtMs) => onChange({ ...draft, endsAtMs })} />
    </>
  )
}
