import { useQuery } from '@tanstack/react-query'
import { SlidersHorizontal } from 'lucide-react'
import { type ChangeEvent, type ReactNode, useId, useState } from 'react'
import { query } from '../../api.ts'
import { Button } from '../../components/button.tsx'
import { classes } from '../../components/classes.ts'
import { Field, type FieldAria } from '../../components/field.tsx'
import { Input, Select } from '../../components/input.tsx'
import { describeEntry } from './describe-entry.ts'

/** The most that the lists of agents and connections offer to choose from. */
const choicesMax = 200

/** What the address says of which entries to show. */
export interface AuditSearch {
  readonly agentId?: string
  readonly connectionId?: string
  readonly tool?: string
  readonly decision?: string
  readonly outcome?: string
  readonly operation?: string
  readonly from?: string
  readonly to?: string
}

const decisions = [
  ['allow', 'Allowed'],
  ['deny', 'Denied'],
  ['require_approval', 'Asked an owner'],
  ['none', 'Not a request'],
] as const
const outcomes = [
  ['sent', 'Sent'],
  ['failed', 'Failed'],
  ['refused', 'Refused'],
  ['unknown', 'Unknown'],
  ['pending', 'Under way'],
  ['done', 'Done'],
] as const
const operations = [
  'execute',
  'callMyTool',
  'testConnection',
  'approveRequest',
  'denyRequest',
  'requestCapability',
  'approveCapabilityRequest',
  'bootstrapAgent',
  'signIn',
  'signInWithPasskey',
  'createInvitation',
  'changeMemberRole',
  'createToken',
  'createAgent',
  'deleteAgent',
  'createConnection',
  'revokeConnectionByOwner',
  'connectionNeedsReauth',
  'createPolicy',
  'replacePolicy',
  'deletePolicy',
  'freezeWorkspace',
  'unfreezeWorkspace',
].map((operation) => [operation, describeEntry({ operation })] as const)

interface FiltersProps {
  readonly search: AuditSearch
  /** Undefined takes a filter away. */
  readonly onChange: (next: { readonly [Name in keyof AuditSearch]: string | undefined }) => void
  readonly onClear: () => void
}

/** Which entries are shown; kept in the address, so that a view can be sent to somebody. */
export function Filters({ search, onChange, onClear }: FiltersProps) {
  const agents = useQuery(query('listAgents', { limit: choicesMax })).data?.agents ?? []
  const connections =
    useQuery(query('listConnections', { limit: choicesMax })).data?.connections ?? []
  const choose = (name: keyof AuditSearch, options: readonly (readonly [string, string])[]) => ({
    value: search[name] ?? '',
    options,
    onChange: (value: string) => onChange({ [name]: value === '' ? undefined : value }),
  })
  const count = Object.values(search).filter((value) => value !== undefined).length
  const [isOpen, setOpen] = useState(false)
  const id = useId()
  return (
    <>
      <Button
        className="mb-4 md:hidden"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
      >
        <SlidersHorizontal aria-hidden="true" /> Filters{count > 0 && ` (${count})`}
      </Button>
      <div
        id={id}
        className={classes(
          'mb-4 grid grid-cols-2 items-end gap-3 lg:grid-cols-4',
          !isOpen && 'max-md:hidden',
        )}
      >
        <Choice
          label="Agent"
          {...choose(
            'agentId',
            agents.map(({ id, name }) => [id, name]),
          )}
        />
        <Choice
          label="Connection"
          {...choose(
            'connectionId',
            connections.map(({ id, label }) => [id, label]),
          )}
        />
        <ToolName
          // Another one may come from elsewhere, or be cleared.
          key={search.tool ?? ''}
          tool={search.tool}
          onChange={(tool) => onChange({ tool })}
        />
        <Choice label="Decision" {...choose('decision', decisions)} />
        <Choice label="Outcome" {...choose('outcome', outcomes)} />
        <Choice label="What" {...choose('operation', operations)} />
        <Day label="From" at={search.from} onChange={(from) => onChange({ from })} />
        <Day label="To" at={search.to} endOfDay onChange={(to) => onChange({ to })} />
        {count > 0 && (
          <Button className="justify-self-start" onClick={onClear}>
            Clear the filters
          </Button>
        )}
      </div>
    </>
  )
}

interface ChoiceProps {
  readonly label: string
  readonly value: string
  readonly options: readonly (readonly [string, string])[]
  readonly onChange: (value: string) => void
}

function Choice({ label, value, options, onChange }: ChoiceProps) {
  const isListed = value === '' || options.some(([one]) => one === value)
  return (
    <Field label={label}>
      {(aria) => (
        <Select
          {...aria}
          value={value}
          onChange={(event: ChangeEvent<HTMLSelectElement>) => onChange(event.target.value)}
        >
          <option value="">All</option>
          {!isListed && <option value={value}>{value}</option>}
          {options.map(([one, name]) => (
            <option key={one} value={one}>
              {name}
            </option>
          ))}
        </Select>
      )}
    </Field>
  )
}

interface ToolNameProps {
  readonly tool: string | undefined
  readonly onChange: (tool: string | undefined) => void
}

/** A tool by its full name or its id: there may be thousands, so it is typed. */
function ToolName({ tool = '', onChange }: ToolNameProps) {
  const [typed, setTyped] = useState(tool)
  const name = typed.trim()
  const isValid = /^[A-Za-z0-9_.-]{0,100}$/.test(name)
  const take = () => {
    if (isValid && name !== tool) onChange(name === '' ? undefined : name)
  }
  return (
    <Field label="Tool" {...(!isValid && { error: 'It must be like stock-index.get_index.' })}>
      {(aria) => (
        <Input
          {...aria}
          placeholder="All"
          spellCheck={false}
          autoCapitalize="none"
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
          onBlur={take}
          onKeyDown={({ key }) => key === 'Enter' && take()}
        />
      )}
    </Field>
  )
}

interface DayProps {
  readonly label: string
  readonly at: string | undefined
  readonly endOfDay?: boolean
  readonly onChange: (at: string | undefined) => void
}

/** A day of this browser's time zone: its first moment, or its last. */
function Day({ label, at, endOfDay = false, onChange }: DayProps): ReactNode {
  const change = (day: string) => {
    const atMs = Date.parse(`${day}T${endOfDay ? '23:59:59.999' : '00:00:00.000'}`)
    onChange(Number.isNaN(atMs) ? undefined : new Date(atMs).toISOString())
  }
  return (
    <Field label={label}>
      {(aria: FieldAria) => (
        <Input
          {...aria}
          type="date"
          className="min-w-0"
          value={at === undefined ? '' : localDay(at)}
          onChange={({ target }) => change(target.value)}
        />
      )}
    </Field>
  )
}

function localDay(at: string): string {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return ''
  const two = (number: number) => String(number).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}
