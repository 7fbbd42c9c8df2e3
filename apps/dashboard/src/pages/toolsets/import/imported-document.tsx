import { documentBytesMax } from '@sallyport/contracts'
import type { ComponentProps } from 'react'
import { DocumentCard } from '../../../components/document-card.tsx'

type Props = Omit<ComponentProps<typeof DocumentCard>, 'label' | 'hint' | 'bytesMax'>

/** Where a document is given that tools are made from. */
export function ImportedDocument(props: Props) {
  return (
    <DocumentCard
      {...props}
      label="Paste a document"
      hint="OpenAPI or Swagger as JSON or YAML, a curl command, or YAML of Higress or genai-toolbox. Nothing is fetched and nothing is kept of it but the tools."
      bytesMax={documentBytesMax}
    />
  )
}
