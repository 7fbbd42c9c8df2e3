import { zodResolver } from '@hookform/resolvers/zod'
import { PolicyDocument } from '@sallyport/contracts'
import { useBlocker } from '@tanstack/react-router'
import { memo, type ReactNode, useCallback, useEffect, useState } from 'react'
import { FormProvider, type Resolver, useForm, useWatch } from 'react-hook-form'
import type { Output } from '../../api.ts'
import { catalog } from '../../catalog.ts'
import { Button } from '../../components/button.tsx'
import { ConfirmDialog } from '../../components/dialog.tsx'
import { lazyPart } from '../../components/lazy-part.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { Notice, ProblemNotice } from '../../components/notice.tsx'
import { ownerOf } from '../../components/tools/call-target.ts'
import { useMay } from '../../session.ts'
import { ApprovalSection } from './approval-section.tsx'
import { BudgetSection } from './budget-section.tsx'
import { DraftSummary } from './draft-summary.tsx'
import { EntriesSection } from './entries-section.tsx'
import { LimitsSection } from './limits-section.tsx'
import { isSame, tidy } from './policy-draft.ts'
import { ResponsesSection } from './rules/responses-section.tsx'
import { RulesSection } from './rules/rules-section.tsx'
import { ToolsSection } from './tools-section.tsx'
import { TryRequest } from './try-request.tsx'
import { useSaving } from './use-saving.ts'
import { WindowsSection } from './windows-section.tsx'

const GuardsSection = lazyPart(
  async () => (await import('./guards/guards-section.tsx')).GuardsSection,
)
const TextView = lazyPart(
  async () => (await import('./text/text-view.tsx')).TextView,
  <LoadingState lines={6} />,
)

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
  /** Beside the fields: what is used of what is stored. */
  readonly aside?: ReactNode
  /** Below the fields: what history says of the draft. */
  readonly children?: ReactNode
}

type View = 'form' | 'text'

/** Writes a policy: fields at the left, what they mean in plain words and a request to try at the right. */
export function PolicyEditor(props: PolicyEditorProps) {
  const { connection, who, base, isNew, onSave, notice, newer, actions, aside, children } = props
  const mayWrite = useMay('policies:write')
  const form = useForm<PolicyDocument, unknown, PolicyDocument>({
    resolver: checkDraft,
    defaultValues: structuredClone(base),
    shouldFocusError: false,
  })
  const { problem, submit, isSaved } = useSaving(form, onSave)
  const draft = useWatch({ control: form.control }) as PolicyDocument
  const [view, setView] = useState<View>('form')
  const [isTextValid, setTextValid] = useState(true)
  const [begun, setBegun] = useState(0)
  const isChanged = !isSame(draft, base) || !isTextValid
  const begin = useCallback(() => {
    form.reset(structuredClone(base))
    setTextValid(true)
    setBegun((times) => times + 1)
  }, [base, form])
  useEffect(begin, [begin])
  const takeNewer = isChanged ? undefined : newer?.take
  useEffect(() => takeNewer?.())
  const show = (next: View) => {
    setTextValid(true)
    setView(next)
  }
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
          <ViewSwitch view={view} onChange={show} />
          {view === 'form' ? (
            <FormView connection={connection} mayWrite={mayWrite} />
          ) : (
            <TextView key={begun} onValid={setTextValid} isReadOnly={!mayWrite} />
          )}
        </form>
        <div className="grid min-w-0 gap-4 lg:sticky lg:top-4 lg:row-span-3">
          <DraftSummary who={who} />
          {aside}
          {ownerOf(connection.origins) === undefined && (
            <TryRequest connectionId={connection.id} origins={connection.origins} />
          )}
        </div>
        {children !== undefined && <div className="grid min-w-0 gap-4">{children}</div>}
        {mayWrite && (
          <div className="sticky bottom-0 z-10 -mx-4 flex flex-wrap items-center gap-2 border-t border-line bg-canvas px-4 py-3 max-md:bottom-[calc(3.5rem+env(safe-area-inset-bottom))] md:mx-0 md:px-0">
            <Button
              type="submit"
              form="policy"
              variant="primary"
              busy={form.formState.isSubmitting}
              disabled={!isTextValid || (!isNew && !isChanged)}
            >
              {isNew ? 'Give this access' : 'Save'}
            </Button>
            {!isNew && isChanged && <Button onClick={begin}>Undo changes</Button>}
            {!isTextValid && (
              <span className="text-[0.87rem] text-bad">The text is no policy.</span>
            )}
            {actions}
          </div>
        )}
      </div>
    </FormProvider>
  )
}

/** The contract's rules, for the draft without what says nothing: an emptied list is none. */
const checkDraft: Resolver<PolicyDocument, unknown, PolicyDocument> = (draft, context, options) =>
  zodResolver<PolicyDocument, unknown, PolicyDocument>(PolicyDocument)(
    tidy(draft),
    context,
    options,
  )

const none: readonly string[] = []

interface FormViewProps {
  readonly connection: PolicyEditorProps['connection']
  readonly mayWrite: boolean
}

/** Drawn again only where something of it changed: with a hundred rules a key would be felt otherwise. */
const FormView = memo(function FormView({ connection, mayWrite }: FormViewProps) {
  const isOwned = ownerOf(connection.origins) !== undefined
  const hosts = isOwned ? none : connection.origins
  return (
    <fieldset disabled={!mayWrite} className="grid min-w-0 gap-4">
      <legend className="sr-only">Policy</legend>
      {isOwned ? (
        <Notice title="It is used by its tools alone.">
          <p>Tools are granted under Access of their toolset; rules, limits and times hold here.</p>
        </Notice>
      ) : (
        <EntriesSection connection={connection} />
      )}
      <ToolsSection />
      <GuardsSection connectionId={connection.id} />
      <RulesSection hosts={hosts} />
      <ResponsesSection hosts={hosts} />
      <ApprovalSection />
      <LimitsSection />
      <BudgetSection isModel={catalog.findService(connection.service)?.category === 'ai'} />
      <WindowsSection />
    </fieldset>
  )
})

const views = [
  ['form', 'Form'],
  ['text', 'Text'],
] as const

function ViewSwitch({ view, onChange }: { view: View; onChange: (view: View) => void }) {
  return (
    <div className="flex gap-1.5">
      {views.map(([value, label]) => (
        <Button
          key={value}
          size="sm"
          aria-pressed={view === value}
          variant={view === value ? 'secondary' : 'quiet'}
          onClick={() => onChange(value)}
        >
          {label}
        </Button>
      ))}
    </div>
  )
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
