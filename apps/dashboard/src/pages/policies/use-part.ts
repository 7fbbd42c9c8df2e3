import { useCallback } from 'react'
import { useFormContext, useWatch } from 'react-hook-form'

/**
 * A part of the draft by its name (`rules.3.when.paths`): what it says, and how to change it. Once the vault or the contract
 * has found something wrong the part is checked again with each change, so that what was mended is no longer called wrong.
 */
export function usePart<Value>(name: string): [Value, (next: Value) => void] {
  const { control, setValue, formState } = useFormContext()
  const value = useWatch({ control, name }) as Value
  const { isSubmitted } = formState
  const change = useCallback(
    (next: Value) => setValue(name, next, { shouldDirty: true, shouldValidate: isSubmitted }),
    [name, setValue, isSubmitted],
  )
  return [value, change]
}
