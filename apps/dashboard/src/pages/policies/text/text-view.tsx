import type { PolicyDocument } from '@sallyport/contracts'
import { useId, useRef, useState } from 'react'
import { useFormContext, useWatch } from 'react-hook-form'
import { Card } from '../../../components/card.tsx'
import { CopyButton } from '../../../components/copy-button.tsx'
import { isSame } from '../policy-draft.ts'
import { flattenErrors } from './flatten-errors.ts'
import { lineOf, placeOf } from './json-places.ts'
import { readPolicyText, type TextFault, writePolicyText } from './read-policy-text.ts'

const faultsShown = 8
const rowsMin = 14
const rowsMax = 40

interface TextViewProps {
  /** Told whether the text is a policy: only then it is the draft. */
  readonly onValid: (isValid: boolean) => void
  readonly isReadOnly: boolean
}

/** The draft as text, for those who would rather write it. What is a policy is taken over at once. */
export function TextView({ onValid, isReadOnly }: TextViewProps) {
  const { control, getValues, reset, formState } = useFormContext<PolicyDocument>()
  const draft = useWatch({ control }) as PolicyDocument
  const [typed, setText] = useState(() => writePolicyText(getValues()))
  const text = isOvertaken(typed, draft) ? writePolicyText(draft) : typed
  const area = useRef<HTMLTextAreaElement>(null)
  const id = useId()
  const read = readPolicyText(text)
  const ofVault = flattenErrors(formState.errors).map(({ path, message }) => ({
    path,
    message,
    at: placeOf(path, read.places),
  }))
  const faults = read.faults.length > 0 ? read.faults : ofVault
  const change = (next: string) => {
    setText(next)
    const { document } = readPolicyText(next)
    onValid(document !== undefined)
    if (document !== undefined) reset(structuredClone(document), { keepDefaultValues: true })
  }
  const goTo = ({ at }: TextFault) => {
    const element = area.current
    if (element === null) return
    element.focus()
    element.setSelectionRange(at, endOfWord(text, at))
  }
  return (
    <Card
      title="As text"
      description="The whole policy as JSON, as the API and policy files have it. What is complete counts at once for the summary and the trial; it is stored when you save."
      actions={<CopyButton text={text} />}
    >
      <div className="grid gap-3">
        <label htmlFor={id} className="sr-only">
          Policy as JSON
        </label>
        <textarea
          id={id}
          ref={area}
          readOnly={isReadOnly}
          spellCheck={false}
          autoCapitalize="none"
          autoComplete="off"
          wrap="off"
          aria-invalid={faults.length > 0 || undefined}
          aria-describedby={faults.length > 0 ? `${id}-faults` : undefined}
          rows={Math.min(rowsMax, Math.max(rowsMin, text.split('\n').length))}
          value={text}
          onChange={({ target }) => change(target.value)}
          className="block w-full overflow-x-auto rounded-md border border-line-strong bg-surface px-3 py-2 font-mono text-[0.87rem] leading-relaxed text-ink aria-invalid:border-bad"
        />
        <div id={`${id}-faults`} role="status">
          {faults.length > 0 && (
            <ul className="grid gap-1 text-[0.93rem]">
              {faults.slice(0, faultsShown).map((fault) => (
                <li key={`${fault.at} ${fault.path} ${fault.message}`}>
                  <FaultLine text={text} fault={fault} onGo={() => goTo(fault)} />
                </li>
              ))}
              {faults.length > faultsShown && (
                <li className="text-ink-soft">And {faults.length - faultsShown} more.</li>
              )}
            </ul>
          )}
        </div>
      </div>
    </Card>
  )
}

/** Whether something else than this text has changed the draft: a suggestion that was taken. */
function isOvertaken(typed: string, draft: PolicyDocument): boolean {
  const { document } = readPolicyText(typed)
  return document !== undefined && !isSame(document, draft)
}

interface FaultLineProps {
  readonly text: string
  readonly fault: TextFault
  readonly onGo: () => void
}

function FaultLine({ text, fault, onGo }: FaultLineProps) {
  const { line, column } = lineOf(text, fault.at)
  return (
    <span className="[overflow-wrap:anywhere]">
      <button
        type="button"
        className="text-accent underline decoration-accent/40 underline-offset-3 hover:decoration-accent"
        onClick={onGo}
      >
        Line {line}, column {column}
      </button>
      <span className="text-bad">
        : {fault.path !== '' && <code className="text-[0.93em]">{fault.path}</code>} {fault.message}
      </span>
    </span>
  )
}

/** Where the selection of a faulty part ends: at least one character, at most its line. */
function endOfWord(text: string, at: number): number {
  const length = /^[^\s,\]}]+/.exec(text.slice(at))?.[0].length ?? 1
  return at + length
}
