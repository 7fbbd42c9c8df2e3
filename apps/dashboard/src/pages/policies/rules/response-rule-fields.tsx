import { LinesPart, TextPart } from './part-fields.tsx'
import { CustomKinds, KindsField } from './sensitive-fields.tsx'
import { WhereFields } from './where-fields.tsx'

interface ResponseRuleFieldsProps {
  /** The rule's place in the draft: `response.0`. */
  readonly name: string
  readonly origins: readonly string[]
}

const readStatus = (line: string): unknown => (/^\d+$/.test(line) ? Number(line) : line)

/** All of one rule on answers. */
export function ResponseRuleFields({ name, origins }: ResponseRuleFieldsProps) {
  return (
    <div className="grid gap-6">
      <TextPart name={`${name}.label`} label="Name" optional />
      <section className="grid gap-5" aria-label="Which answers">
        <h3 className="text-[0.93rem] font-semibold">Answers to which requests</h3>
        <WhereFields name={`${name}.when`} origins={origins} />
        <LinesPart
          name={`${name}.when.statuses`}
          label="Only with these statuses"
          hint="One a line. Empty: all, errors too."
          placeholder="200"
          read={readStatus}
        />
      </section>
      <section className="grid gap-5" aria-label="What the agent gets to see">
        <h3 className="text-[0.93rem] font-semibold">What the agent gets to see</h3>
        <LinesPart
          name={`${name}.keep`}
          label="Keep only"
          hint="Paths into the JSON, one a line: id, items[].subject. All else is left out."
          placeholder="items[].subject"
        />
        <LinesPart name={`${name}.drop`} label="Leave out" hint="Paths, one a line." />
        <KindsField name={`${name}.redact`} legend="Take out, wherever it is found" />
        <CustomKinds name={`${name}.redactCustom`} />
      </section>
      <details>
        <summary className="cursor-pointer text-[0.93rem] text-ink-soft hover:text-ink">Id</summary>
        <div className="mt-3 max-w-96">
          <TextPart name={`${name}.id`} label="Id" mono />
        </div>
      </details>
    </div>
  )
}
