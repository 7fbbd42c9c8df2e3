import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { query } from '../../api.ts'
import { alertNames } from '../../components/alert-words.ts'
import { Field } from '../../components/field.tsx'
import { Select } from '../../components/input.tsx'

const agentsListed = 200
const standings = [
  ['', 'Open'],
  ['acknowledged', 'Acknowledged'],
  ['all', 'All'],
] as const
const kinds = [['', 'All'], ...Object.entries(alertNames)] as const

interface AlertFiltersProps {
  readonly status: string | undefined
  readonly kind: string | undefined
  readonly agentId: string | undefined
}

/** Which alerts are shown; kept in the address. */
export function AlertFilters({ status, kind, agentId }: AlertFiltersProps) {
  const navigate = useNavigate()
  const agents = useQuery(query('listAgents', { limit: agentsListed })).data?.agents ?? []
  const choose = (name: keyof AlertFiltersProps) => (value: string) =>
    void navigate({
      to: '/alerts',
      search: (before) => ({ ...before, [name]: value === '' ? undefined : value }),
      replace: true,
    })
  const named = agents.map(({ id, name }) => [id, name] as const)
  return (
    <div className="mb-4 grid grid-cols-2 gap-3 sm:grid-cols-3 max-sm:[&>:last-child]:col-span-2">
      <Choice label="Status" value={status ?? ''} options={standings} onChange={choose('status')} />
      <Choice label="Kind" value={kind ?? ''} options={kinds} onChange={choose('kind')} />
      <Choice
        label="Agent"
        value={agentId ?? ''}
        options={[['', 'All'], ...named]}
        onChange={choose('agentId')}
      />
    </div>
  )
}

interface ChoiceProps {
  readonly label: string
  readonly value: string
  readonly options: readonly (readonly [value: string, name: string])[]
  readonly onChange: (value: string) => void
}

function Choice({ label, value, options, onChange }: ChoiceProps) {
  const isListed = options.some(([one]) => one === value)
  return (
    <Field label={label}>
      {(aria) => (
        <Select {...aria} value={value} onChange={({ target }) => onChange(target.value)}>
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
