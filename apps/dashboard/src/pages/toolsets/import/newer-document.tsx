import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { type Output, query, useAction } from '../../../api.ts'
import { Button, LinkButton, TextLink } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { LoadingState } from '../../../components/loading-state.tsx'
import { ProblemNotice } from '../../../components/notice.tsx'
import { PageHeader } from '../../../components/page-header.tsx'
import { ErrorState } from '../../../components/states.tsx'
import { useToast } from '../../../components/toast.tsx'
import { ChangeList } from '../../../components/tools/change-list.tsx'
import { ToolProblem } from '../../../components/tools/tool-problem.tsx'
import { templateOf } from '../show/template-version.ts'
import { type Edits, toolChoices } from './choices.ts'
import { ImportedDocument } from './imported-document.tsx'
import { OperationList } from './operation-list.tsx'
import { PreviewNotes } from './preview-notes.tsx'
import { ServerCard } from './server-card.tsx'
import { type Choices, type Shown, usePreview } from './use-preview.ts'

type Toolset = Output<'getToolset'>['toolset']

/** Compared again once nothing was chosen for as long. */
const choosingMs = 500

/** A newer document, or version of the catalog's, for a toolset: what would change and for whom, applied only as it is shown. */
export function NewerDocument({ toolsetId }: { toolsetId: string }) {
  const { data, error, refetch } = useQuery(query('getToolset', { toolsetId }))
  if (data === undefined) {
    return error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />
  }
  const { toolset } = data
  const isReady = toolset.format === 'template'
  return (
    <>
      <PageHeader
        title={
          isReady ? `${toolset.name} as the catalog has it` : `A newer document for ${toolset.name}`
        }
        description={`Tools are found again by what they are in the ${isReady ? 'catalog' : 'document'}. Nothing changes before you apply it.`}
        up={
          <TextLink to="/toolsets/$toolsetId" params={{ toolsetId }}>
            {toolset.name}
          </TextLink>
        }
      />
      <Comparing toolset={toolset} />
    </>
  )
}

function Comparing({ toolset }: { toolset: Toolset }) {
  const { shown, isBusy, error, ask, clear } = usePreview(toolset.id)
  const [edits, setEdits] = useState<Edits>({})
  // What is shown is a comparison with this version: another one is compared anew.
  const version = useRef(toolset.version)
  const compare = (choices: Choices) => {
    version.current = toolset.version
    ask(choices)
  }
  const begin = (document: string) => {
    setEdits({})
    compare({ document })
  }
  const isOther = useComparedAnew({ shown, edits, compare })
  return (
    <div className="grid gap-4">
      {toolset.template === undefined ? (
        <ImportedDocument
          isBusy={isBusy && shown === undefined}
          isShown={shown !== undefined}
          onDocument={begin}
          onClear={clear}
        />
      ) : (
        <AtOnce
          isShown={shown !== undefined || error !== undefined}
          template={templateOf(toolset.template).id}
          onTemplate={(template) => compare({ template })}
        />
      )}
      {error !== undefined && <ToolProblem problem={error} />}
      {shown !== undefined && (
        <div aria-busy={isBusy} className="grid gap-4">
          <PreviewNotes preview={shown.preview} />
          {toolset.template === undefined && (
            <ServerCard
              key={shown.choices.document}
              shown={shown}
              isBusy={isBusy}
              onChoices={compare}
            />
          )}
          <Card title="What would change" flush>
            <ChangeList
              changes={shown.preview.changes ?? []}
              none="Nothing would change: the tools are the same."
            />
          </Card>
          <OperationList operations={shown.preview.tools} edits={edits} onEdits={setEdits} />
          <Apply
            toolset={toolset}
            shown={shown}
            isReady={!isBusy && !isOther}
            version={version.current}
            onAgain={() => compare(shown.choices)}
          />
        </div>
      )}
    </div>
  )
}

interface AtOnceProps {
  readonly isShown: boolean
  readonly template: string
  readonly onTemplate: (template: string) => void
}

/** The catalog is at hand: it is compared with as soon as the page opens. */
function AtOnce({ isShown, template, onTemplate }: AtOnceProps) {
  const begin = useRef(onTemplate)
  useEffect(() => begin.current(template), [template])
  return isShown ? null : <LoadingState />
}

interface ComparedAnew {
  readonly shown: Shown | undefined
  readonly edits: Edits
  readonly compare: (choices: Choices) => void
}

/** Compares again once nothing was chosen for a while; true while what is shown is not of all that was chosen. */
function useComparedAnew({ shown, edits, compare }: ComparedAnew): boolean {
  const tools = shown && toolChoices(shown.preview.tools, edits)
  const isOther = JSON.stringify(tools) !== JSON.stringify(shown?.choices.tools)
  const again = useRef(() => {})
  again.current = () => {
    if (shown === undefined) return
    const { tools: _, ...choices } = shown.choices
    compare({ ...choices, ...(tools !== undefined && { tools }) })
  }
  useEffect(() => {
    if (!isOther) return
    const timer = setTimeout(() => again.current(), choosingMs)
    return () => clearTimeout(timer)
  }, [isOther, edits])
  return isOther
}

interface ApplyProps {
  readonly toolset: Toolset
  readonly shown: Shown
  /** What is shown is a comparison with all that was said meanwhile. */
  readonly isReady: boolean
  readonly version: number
  readonly onAgain: () => void
}

function Apply({ toolset, shown, isReady, version, onAgain }: ApplyProps) {
  const navigate = useNavigate()
  const toast = useToast()
  const replace = useAction('replaceToolsetSource', {
    invalidates: ['tools', 'policies', 'agents', 'approvals'],
    onDone: () => {
      toast('The changes are applied')
      void navigate({ to: '/toolsets/$toolsetId', params: { toolsetId: toolset.id } })
    },
  })
  const apply = () =>
    replace.mutate({
      toolsetId: toolset.id,
      ...shown.choices,
      expects: shown.preview.digest,
      version,
    })
  const isStale =
    replace.error?.type === 'tool-changed' || replace.error?.type === 'version-conflict'
  return (
    <div className="grid gap-3">
      {replace.error !== null && (
        <ProblemNotice
          error={replace.error}
          action={
            isStale && (
              <Button size="sm" onClick={onAgain}>
                Compare again
              </Button>
            )
          }
        />
      )}
      <p className="text-[0.93rem] text-ink-soft">
        Grants, names and descriptions that you gave stay with the tools. Tools that are gone go
        with their grants; new ones are had by agents that have the whole toolset. What was approved
        and is not sent yet has to be approved again where its tool changed.
      </p>
      <div className="flex flex-wrap gap-2">
        <Button variant="primary" busy={replace.isPending} disabled={!isReady} onClick={apply}>
          Apply the changes
        </Button>
        <LinkButton to="/toolsets/$toolsetId" params={{ toolsetId: toolset.id }}>
          Cancel
        </LinkButton>
      </div>
    </div>
  )
}
