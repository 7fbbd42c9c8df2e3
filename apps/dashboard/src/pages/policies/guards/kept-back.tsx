import type { PresetInDraft } from './guard-parts.ts'

interface KeptBackProps {
  readonly label: string
  readonly presets: readonly PresetInDraft[]
}

/** What a guard keeps back, in plain words, and by which of the rules below. */
export function KeptBack({ label, presets }: KeptBackProps) {
  return (
    <details className="text-[0.93rem]">
      <summary className="w-fit cursor-pointer text-[0.87rem] text-ink-soft hover:text-ink">
        What it keeps back<span className="sr-only"> of {label}</span>
      </summary>
      <ul className="mt-1.5 grid gap-1.5 pb-1">
        {presets.map((preset) => (
          <li key={preset.presetId}>
            {preset.sentence} <ByWhich preset={preset} />
          </li>
        ))}
      </ul>
    </details>
  )
}

function ByWhich({ preset }: { preset: PresetInDraft }) {
  const { requestRules, answerRules, changedCount, missingCount, lacksDomains, isLimit } = preset
  const by = [
    ...(requestRules.length > 0 ? [`${ruleWord(requestRules)} ${ranges(requestRules)}`] : []),
    ...(answerRules.length > 0
      ? [`${ruleWord(answerRules)} ${ranges(answerRules)} on answers`]
      : []),
    ...(isLimit ? ['a limit of its entries'] : []),
  ]
  const count = requestRules.length + answerRules.length
  return (
    <span className="text-ink-soft">
      {by.length > 0 && `By ${by.join(' and ')}. `}
      {changedCount > 0 && (
        <span className="font-medium text-warn">
          {changedCount === count ? 'Changed' : `${changedCount} of them changed`} since.{' '}
        </span>
      )}
      {missingCount > 0 && (
        <span className="font-medium text-warn">
          {count === 0 ? 'Removed.' : `${missingCount} more removed.`}
        </span>
      )}
      {lacksDomains && (
        <span className="font-medium text-warn">Not in force: nobody has said who is inside.</span>
      )}
    </span>
  )
}

const ruleWord = ({ length }: readonly number[]) => (length === 1 ? 'rule' : 'rules')

/** Numbers as people write them: `1, 3–5`. */
function ranges(numbers: readonly number[]): string {
  const runs: [number, number][] = []
  for (const number of numbers) {
    const last = runs.at(-1)
    if (last !== undefined && last[1] === number - 1) last[1] = number
    else runs.push([number, number])
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(', ')
}
