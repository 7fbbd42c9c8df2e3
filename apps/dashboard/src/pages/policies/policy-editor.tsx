import { zodResolver } from '@hookform/resolvers/zod'
import { PolicyDocument, type Problem } from '@sallyport/contracts'
import { useBlocker } from '@tanstack/react-router'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { FormProvider, type Path, type UseFormReturn, useForm, useWatch } from 'react-hook-form'
import { asProblem, type Output } from '../../api.ts'
import { Button } from '../../components/button.tsx'
import { ConfirmDialog } from '../../components/dialog.tsx'
import { Notice, ProblemNotice } from '../../components/notice.tsx'
import { useMay } from '../../session.ts'
import { DraftSummary } from './draft-summary.tsx'
import { EntriesSection } from './entries-section.tsx'
import { isSame, tidy } from './policy-draft.ts'
import { ApprovalSection, LimitsSection } from './terms-sections.tsx'
import { TryRequest } from './try-request.tsx'
import { WindowsSection } from './windows-section.tsx'

interface PolicyEditorProps {
  readonly connection: Output<'getConnection'>['connection']
  /** Whom the policy is for and with what, for the summary. */
  readonly who: string
  /** What is stored, or what a new one begins with. Another one starts the editor anew. */
  readonly base: PolicyDocument
  readonly isNew: boolean
  /** Stores it; a Problem is shown, its fields at theirs. */
  readonly onSave: (draft: PolicyDocument) => Promise<unknown>
  /** Above the fields. */
  readonly notice?: ReactNode
  /** Somebody else has stored another one meanwhile: what to say where something was typed, and how to begin with it. */
  readonly newer?: { readonly notice: ReactNode; readonly take: () => void }
  /** Beside the button that saves. */
  readonly actions?: ReactNode
}

/** Writes a policy: fields at the left, what they mean in plain words and a request to try at the right. */
export function PolicyEditor(props: PolicyEditorProps) {
  const { connection, who, base, isNew, onSave, notice, newer, actions } = props
  const mayWrite = useMay('policies:write')
  const form = useForm<PolicyDocument, unknown, PolicyDocument>({
    resolver: zodResolver(PolicyDocument),
    defaultValues: structuredClone(base),
  })
  const { problem, submit, isSaved } = useSaving(form, onSave)
  const draft = useWatch({ control: form.control }) as PolicyDocument
  const isChanged = !isSame(draft, base)
  useEffect(() => {
    form.reset(structuredClone(base))
  }, [base, form])
  const takeNewer = isChanged ? undefined : newer?.take
  useEffect(() => takeNewer?.())
  return (
    <FormProvider {...form}>
      <UnsavedGuard isChanged={isChanged && mayWrite} isSaved={isSaved} />
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <form id="policy" noValidate onSubmit={submit} className="grid min-w-0 gap-4">
          {notice}
          {isChanged && newer?.notice}
          {!mayWrite && (
            <Notice>
              <p>You can read policies, and try requests here. Changing one needs another role.</p>
            </Notice>
          )}
          {problem !== undefined && <ProblemNotice error={problem} />}
          <fieldset disabled={!mayWrite} className="grid min-w-0 gap-4">
            <legend className="sr-only">Policy</legend>
            <EntriesSection connection={connection} />
            <ApprovalSection />
            <LimitsSection />
            <WindowsSection />
          </fieldset>
        </form>
        <div className="grid min-w-0 gap-4 lg:sticky lg:top-4 lg:row-span-2">
          <DraftSummary who={who} />
          <TryRequest connectionId={connection.id} origins={connection.origins} />
        </div>
        {mayWrite && (
          <div className="sticky bottom-0 z-10 -mx-4 flex flex-wrap items-center gap-2 border-t border-line bg-canvas px-4 py-3 max-md:bottom-[calc(3.5rem+env(safe-area-inset-bottom))] md:mx-0 md:px-0">
            <Button
              type="submit"
              form="policy"
              variant="primary"
              busy={form.formState.isSubmitting}
              disabled={!isNew && !isChanged}
            >
              {isNew ? 'Give this access' : 'Save'}
            </Button>
            {!isNew && isChanged && (
              <Button onClick={() => form.reset(structuredClone(base))}>Undo changes</Button>
            )}
            {actions}
          </div>
        )}
      </div>
    </FormProvider>
  )
}

/** Sends the draft; what the vault finds wrong is shown at its field, or on top. */
function useSaving(
  form: UseFormReturn<PolicyDocument, unknown, PolicyDocument>,
  onSave: PolicyEditorProps['onSave'],
) {
  const [problem, setProblem] = useState<Problem>()
  // Read by the guard while the page is being left, before it is drawn again.
  const isSaved = useRef(false)
  const send = form.handleSubmit(async (draft) => {
    setProblem(undefined)
    isSaved.current = true
    try {
      await onSave(tidy(draft))
    } catch (thrown) {
      isSaved.current = false
      const caught = asProblem(thrown)
      for (const { field, message } of caught.fields ?? []) {
        form.setError(field as Path<PolicyDocument>, { message }, { shouldFocus: true })
      }
      if (caught.type !== 'version-conflict') setProblem(caught)
      return
    }
    isSaved.current = false
  })
  const submit = (event: { preventDefault: () => void }) => {
    event.preventDefault()
    void send()
  }
  return { problem, submit, isSaved }
}

interface UnsavedGuardProps {
  readonly isChanged: boolean
  readonly isSaved: { readonly current: boolean }
}

/** Asks before what was typed is lost. */
function UnsavedGuard({ isChanged, isSaved }: UnsavedGuardProps) {
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) =>
      isChanged && !isSaved.current && current.pathname !== next.pathname,
    enableBeforeUnload: () => isChanged && !isSaved.current,
    withResolver: true,
  })
  return (
    <ConfirmDialog
      title="Leave without saving?"
      confirmLabel="Leave"
      danger
      open={blocker.status === 'blocked'}
      onConfirm={() => blocker.proceed?.()}
      onClose={() => blocker.reset?.()}
    >
      <p>What you changed here is not stored and will be lost.</p>
    </ConfirmDialog>
  )
}
