import type { PolicyDocument, Problem } from '@sallyport/contracts'
import { useRef, useState } from 'react'
import type { Path, UseFormReturn } from 'react-hook-form'
import { asProblem } from '../../api.ts'
import { tidy } from './policy-draft.ts'

type DraftForm = UseFormReturn<PolicyDocument, unknown, PolicyDocument>

/** Parts that are opened and loaded when something is wrong in them need a moment. */
const lookEveryMs = 60
const looksMax = 20

/** Sends the draft; what the vault finds wrong is shown at its field, or on top. */
export function useSaving(form: DraftForm, onSave: (draft: PolicyDocument) => Promise<unknown>) {
  const [problem, setProblem] = useState<Problem>()
  // Read by the guard while the page is being left, before it is drawn again.
  const isSaved = useRef(false)
  const send = form.handleSubmit(
    async (draft) => {
      setProblem(undefined)
      isSaved.current = true
      try {
        await onSave(tidy(draft))
      } catch (thrown) {
        isSaved.current = false
        const caught = asProblem(thrown)
        for (const { field, message } of caught.fields ?? []) {
          form.setError(field as Path<PolicyDocument>, { message })
        }
        if (caught.type !== 'version-conflict') setProblem(caught)
        focusFault()
        return
      }
      isSaved.current = false
    },
    () => focusFault(),
  )
  const submit = (event: { preventDefault: () => void }) => {
    event.preventDefault()
    void send()
  }
  return { problem, submit, isSaved }
}

/** Puts the focus on the first control of the form that is called wrong. */
export function focusFault(looksLeft = looksMax): void {
  setTimeout(() => {
    const form = document.getElementById('policy')
    const found = form?.querySelector<HTMLElement>('[aria-invalid="true"], [data-fault]')
    if (found === null || found === undefined) {
      if (looksLeft > 0) focusFault(looksLeft - 1)
      return
    }
    const control = found.matches('[aria-invalid]') ? found : found.querySelector('input, button')
    if (control instanceof HTMLElement) control.focus()
    else found.scrollIntoView({ block: 'center' })
  }, lookEveryMs)
}
