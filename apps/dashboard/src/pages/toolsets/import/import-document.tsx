import { useState } from 'react'
import { ToolProblem } from '../../../components/tools/tool-problem.tsx'
import type { Edits } from './choices.ts'
import { ImportForm } from './import-form.tsx'
import { ImportedDocument } from './imported-document.tsx'
import { OperationList } from './operation-list.tsx'
import { PreviewNotes } from './preview-notes.tsx'
import { ServerCard } from './server-card.tsx'
import { usePreview } from './use-preview.ts'

/** A document, what it becomes, and the button that makes it so. */
export function ImportDocument() {
  const { shown, isBusy, error, ask, clear } = usePreview()
  const [edits, setEdits] = useState<Edits>({})
  const begin = (document: string) => {
    setEdits({})
    ask({ document })
  }
  return (
    <div className="grid gap-4">
      <ImportedDocument
        isBusy={isBusy && shown === undefined}
        isShown={shown !== undefined}
        onDocument={begin}
        onClear={clear}
      />
      {error !== undefined && <ToolProblem problem={error} />}
      {shown !== undefined && (
        <div aria-busy={isBusy} className="grid gap-4">
          <PreviewNotes preview={shown.preview} />
          <ServerCard key={shown.choices.document} shown={shown} isBusy={isBusy} onChoices={ask} />
          <OperationList operations={shown.preview.tools} edits={edits} onEdits={setEdits} />
          {shown.preview.origin !== undefined && (
            <ImportForm shown={shown} edits={edits} onChoices={ask} />
          )}
        </div>
      )}
    </div>
  )
}
