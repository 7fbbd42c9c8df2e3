import type { PolicyDocument } from '@sallyport/contracts'
import { useFormContext } from 'react-hook-form'
import { tidy } from './policy-draft.ts'

/** Changes the draft as a whole: what was not stored stays not stored, and can be undone like anything that was typed. */
export function usePutDraft(): (change: (draft: PolicyDocument) => PolicyDocument) => void {
  const { getValues, reset } = useFormContext<PolicyDocument>()
  return (change) => {
    const next = change(tidy(getValues()))
    reset(structuredClone(next), { keepDefaultValues: true })
  }
}
