import type { RequestRule, SensitiveCondition } from '@sallyport/contracts'
import { Switch } from '../../../components/input.tsx'
import { Notice } from '../../../components/notice.tsx'
import { RadioCards } from '../../../components/radio-cards.tsx'
import { usePart } from '../use-part.ts'
import { ConditionList } from './condition-list.tsx'
import { effectWords } from './effect-words.ts'
import { LinesPart, TextPart } from './part-fields.tsx'
import { isAboutAll } from './rule-draft.ts'
import { CustomKinds, KindsField } from './sensitive-fields.tsx'
import { WhereFields } from './where-fields.tsx'

interface RequestRuleFieldsProps {
  /** The rule's place in the draft: `rules.3`. */
  readonly name: string
  readonly origins: readonly string[]
}

/** All of one rule on requests. */
export function RequestRuleFields({ name, origins }: RequestRuleFieldsProps) {
  const [rule] = usePart<RequestRule | undefined>(name)
  const [effect, changeEffect] = usePart<RequestRule['then']>(`${name}.then`)
  if (rule === undefined) return null
  return (
    <div className="grid gap-6">
      <TextPart
        name={`${name}.label`}
        label="Name"
        optional
        hint="The agent is told it when the rule refuses."
      />
      <RadioCards
        legend="What happens"
        value={effect}
        options={effectWords}
        onChange={changeEffect}
      />
      <section className="grid gap-5" aria-label="Which requests">
        <h3 className="text-[0.93rem] font-semibold">
          Which requests{' '}
          <span className="font-normal text-ink-soft">– all that is said has to hold</span>
        </h3>
        {isAboutAll(rule) && rule.then !== 'redact' && (
          <Notice tone="warn">
            <p>Nothing is said yet, so this is about every request.</p>
          </Notice>
        )}
        <WhereFields name={`${name}.when`} origins={origins} />
        <ConditionList
          name={`${name}.when.query`}
          kind="query"
          legend="Query"
          hint="By the decoded name; where it stands several times, any of its values."
        />
        <ConditionList name={`${name}.when.body`} kind="body" legend="Body" hint={<BodyHint />} />
        <SensitivePart name={`${name}.when.sensitive`} isNeeded={rule.then === 'redact'} />
      </section>
      <details>
        <summary className="cursor-pointer text-[0.93rem] text-ink-soft hover:text-ink">Id</summary>
        <div className="mt-3 max-w-96">
          <TextPart
            name={`${name}.id`}
            label="Id"
            mono
            hint="Stands in the audit log for what this rule decided."
          />
        </div>
      </details>
    </div>
  )
}

function BodyHint() {
  return (
    <>
      A path into JSON, or the name of a form’s field: <code>to</code>, <code>items[].price</code>{' '}
      (any element), <code>raw.@mime.to[]</code> (the recipients of an e-mail). Empty: the whole
      body. A body that cannot be read counts as a hit for rules that deny or ask.
    </>
  )
}

interface SensitivePartProps {
  readonly name: string
  readonly isNeeded: boolean
}

/** Sensitive data: off until it is asked for. */
function SensitivePart({ name, isNeeded }: SensitivePartProps) {
  const [sensitive, change] = usePart<SensitiveCondition | undefined>(name)
  const isOn = sensitive !== undefined
  return (
    <div className="grid gap-3">
      {/* biome-ignore lint/a11y/noLabelWithoutControl: Switch is an input */}
      <label className="flex items-center gap-2.5 text-[0.93rem] font-medium">
        <Switch
          checked={isOn}
          aria-disabled={isOn && isNeeded}
          onCheckedChange={(on) => {
            if (on) change({ kinds: ['contact'] })
            else if (!isNeeded) change(undefined)
          }}
        />
        Sensitive data is found
      </label>
      {isOn && (
        <>
          <KindsField name={`${name}.kinds`} legend="Any of these" />
          <CustomKinds name={`${name}.custom`} />
          <LinesPart
            name={`${name}.fields`}
            label="Only in these parts of the body"
            hint="Paths, one a line. Empty: in the whole body and in all values of the query."
            placeholder="message.text"
          />
        </>
      )}
      {!isOn && isNeeded && (
        <p className="text-[0.87rem] font-medium text-bad" data-fault="">
          Say what is to be taken out.
        </p>
      )}
    </div>
  )
}
