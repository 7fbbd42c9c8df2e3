import { RadioCards } from '../../components/radio-cards.tsx'

type Mode = 'always' | 'writes' | 'never'

const modes = [
  ['always', 'For every request', 'Reading too.'],
  ['writes', 'Before anything is changed', 'Reading (GET, HEAD) goes through by itself.'],
  ['never', 'Never', 'Everything that is allowed goes through by itself, and is recorded.'],
] as const

interface WhenAskedProps {
  readonly value: Mode
  /** As the catalog recommends for this action. */
  readonly usual: Mode
  readonly onChange: (mode: Mode) => void
}

/** When a person is asked before a request is sent. */
export function WhenAsked({ value, usual, onChange }: WhenAskedProps) {
  return (
    <RadioCards
      legend="When you are asked"
      value={value}
      options={modes.map(([mode, label, description]) => ({
        value: mode,
        label: mode === usual ? `${label} (usual for this)` : label,
        description,
      }))}
      onChange={onChange}
    />
  )
}
