import { Button } from '../../../components/button.tsx'
import { type Change, changeWords, counted, type Simulated } from './change-words.ts'

interface ChangeFilterProps {
  readonly simulated: Simulated
  readonly chosen: Change | undefined
  readonly isBusy: boolean
  readonly onChoose: (change: Change | undefined) => void
}

/** The counts, each a button that shows its entries alone. */
export function ChangeFilter({ simulated, chosen, isBusy, onChoose }: ChangeFilterProps) {
  if (simulated.looked === 0) return null
  return (
    <fieldset className="flex min-w-0 flex-wrap gap-1.5">
      <legend className="sr-only">Show</legend>
      <Button
        size="sm"
        aria-pressed={chosen === undefined}
        variant={chosen === undefined ? 'secondary' : 'quiet'}
        disabled={isBusy}
        onClick={() => onChoose(undefined)}
      >
        All that change
      </Button>
      {changeWords.map(({ change, label }) => (
        <Button
          key={change}
          size="sm"
          aria-pressed={chosen === change}
          variant={chosen === change ? 'secondary' : 'quiet'}
          disabled={isBusy || (simulated[change] === 0 && chosen !== change)}
          onClick={() => onChoose(change)}
        >
          {label} {counted(simulated[change])}
        </Button>
      ))}
    </fieldset>
  )
}
