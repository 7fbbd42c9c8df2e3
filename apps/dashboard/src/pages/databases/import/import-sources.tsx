import { sourceDocumentBytesMax } from '@sallyport/contracts'
import { useState } from 'react'
import { useAction } from '../../../api.ts'
import { DocumentCard } from '../../../components/document-card.tsx'
import { LoadingState } from '../../../components/loading-state.tsx'
import { ToolProblem } from '../../../components/tools/tool-problem.tsx'
import { ReviewSources } from './review-sources.tsx'

/** YAML of genai-toolbox or Higress: what its sources and statements would become, and the button that makes it so. */
export function ImportSources() {
  const preview = useAction('previewSources')
  const [document, setDocument] = useState('')
  return (
    <div className="grid gap-4">
      <DocumentCard
        label="Paste YAML of genai-toolbox or Higress"
        hint="Its sources become databases, its tools of kind postgres-sql, mysql-sql and sqlite-sql statements. Nothing is connected to, and a password in it is sealed."
        bytesMax={sourceDocumentBytesMax}
        isBusy={preview.isPending}
        isShown={preview.data !== undefined}
        onDocument={(text) => {
          setDocument(text)
          preview.mutate({ document: text })
        }}
        onClear={() => preview.reset()}
      />
      {preview.isPending && <LoadingState lines={3} />}
      {preview.error !== null && <ToolProblem problem={preview.error} />}
      {preview.data !== undefined && (
        <ReviewSources key={preview.data.digest} document={document} preview={preview.data} />
      )}
    </div>
  )
}
