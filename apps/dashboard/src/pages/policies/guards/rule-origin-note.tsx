import { Button } from '../../../components/button.tsx'
import { Notice } from '../../../components/notice.tsx'
import { usePart } from '../use-part.ts'
import { levelWords } from './level-words.ts'
import type { Departure, RuleOrigin } from './rule-origin.ts'

interface RuleOriginNoteProps {
  /** The rule's place in the draft: `rules.3`. */
  readonly name: string
  readonly origin: RuleOrigin
}

const departureWords: Readonly<Record<Departure, string>> = {
  effect: 'Changed: something else happens than the preset says.',
  conditions: 'Changed: it looks for something else than the preset says.',
  fewer: 'Changed: it is about fewer requests than are granted.',
  gone: 'For what is granted now the preset makes no such rule.',
}

/** Which guard a rule came from, what that is for, and how the rule departs from it. */
export function RuleOriginNote({ name, origin }: RuleOriginNoteProps) {
  const [, change] = usePart<unknown>(name)
  const { presetLabel, sentence, level, actionLabel, departure, made } = origin
  const guard = level === undefined ? 'guard' : `${levelWords[level].toLowerCase()} guard`
  return (
    <Notice {...(departure !== undefined && { tone: 'warn' as const })}>
      <p className="[overflow-wrap:anywhere]">
        From the {guard}
        {actionLabel !== undefined && ` of “${actionLabel}”`}, preset “{presetLabel}”: {sentence}
      </p>
      {departure !== undefined && <p className="font-medium">{departureWords[departure]}</p>}
      {departure !== undefined && made !== undefined && (
        <div className="mt-2">
          <Button size="sm" onClick={() => change(structuredClone(made))}>
            Put it back
          </Button>
        </div>
      )}
    </Notice>
  )
}
