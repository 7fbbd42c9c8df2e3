import { zodResolver } from '@hookform/resolvers/zod'
import type { Problem } from '@sallyport/contracts'
import { type ReactNode, useEffect, useRef } from 'react'
import {
  type DefaultValues,
  type FieldValues,
  FormProvider,
  type Path,
  type UseFormReturn,
  useForm,
} from 'react-hook-form'
import type { z } from 'zod'
import { asProblem } from '../api.ts'
import { Button } from './button.tsx'
import { ProblemNotice } from './notice.tsx'

interface FormProps<In extends FieldValues, Out> {
  /** A schema of the contracts: an operation's `input`, or a part of it by `.pick()` / `.omit()`. */
  readonly schema: z.ZodType<Out, In>
  readonly defaults: DefaultValues<In>
  /** Does it; a Problem that is thrown is shown: its fields at theirs, the rest on top. Pass `action.mutateAsync`. */
  readonly onSubmit: (values: Out) => Promise<unknown>
  readonly submitLabel: string
  /** Beside the button that sends: usually "Cancel". */
  readonly actions?: ReactNode
  readonly danger?: boolean
  /** The fields; a function gets react-hook-form's own methods, for what depends on what was written. */
  readonly children: ReactNode | ((form: UseFormReturn<In, unknown, Out>) => ReactNode)
}

/** A form whose rules are those of the contract: checked here to spare a round trip, and again by the vault. */
export function Form<In extends FieldValues, Out>(props: FormProps<In, Out>) {
  const { schema, defaults, onSubmit, submitLabel, actions, danger = false, children } = props
  const form = useForm<In, unknown, Out>({
    resolver: zodResolver(schema as never) as never,
    defaultValues: defaults,
  })
  const problemAt = useRef<HTMLDivElement>(null)
  const { errors, isSubmitting } = form.formState
  const problem = errors.root?.problem?.message
  const thrown = useRef<Problem>(undefined)
  useEffect(() => {
    if (problem !== undefined) problemAt.current?.scrollIntoView({ block: 'nearest' })
  }, [problem])
  const submit = form.handleSubmit(async (values) => {
    try {
      await onSubmit(values)
    } catch (cause) {
      thrown.current = asProblem(cause)
      // Of what is more than a typo, such as a provider's refusal, the whole sentence counts too.
      if (!showFields(form, thrown.current) || thrown.current.type !== 'invalid-input') {
        form.setError('root.problem', { message: thrown.current.detail })
      }
    }
  })
  return (
    <FormProvider {...form}>
      <form noValidate onSubmit={(event) => void submit(event)} className="grid max-w-xl gap-5">
        {problem !== undefined && (
          <div ref={problemAt}>
            <ProblemNotice error={thrown.current} />
          </div>
        )}
        {typeof children === 'function' ? children(form) : children}
        <div className="flex flex-wrap items-center gap-2">
          <Button type="submit" variant={danger ? 'danger' : 'primary'} busy={isSubmitting}>
            {submitLabel}
          </Button>
          {actions}
        </div>
      </form>
    </FormProvider>
  )
}

/** Shows the faults of a Problem at the fields that they name. True where every one has found its field. */
function showFields<In extends FieldValues, Out>(
  form: UseFormReturn<In, unknown, Out>,
  problem: Problem,
): boolean {
  const fields = problem.fields ?? []
  const known = fields.filter(({ field }) => form.control._fields[field.split('.')[0] ?? ''])
  for (const { field, message } of known) {
    form.setError(field as Path<In>, { message }, { shouldFocus: true })
  }
  return fields.length > 0 && known.length === fields.length
}
