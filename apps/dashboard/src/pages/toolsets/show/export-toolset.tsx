import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { asProblem, client, type Output } from '../../../api.ts'
import { Button } from '../../../components/button.tsx'
import { Dialog } from '../../../components/dialog.tsx'
import { Notice, ProblemNotice } from '../../../components/notice.tsx'
import { RadioCards } from '../../../components/radio-cards.tsx'
import { UntrustedText } from '../../../components/untrusted-text.tsx'

type Exported = Output<'exportToolset'>
type Format = 'higress' | 'openapi'

/** The browser has taken hold of what it saves long before. */
const releaseMs = 60_000

const formats = [
  {
    value: 'openapi',
    label: 'OpenAPI',
    description: 'For whatever reads OpenAPI 3.1: editors, generators, other gateways.',
  },
  {
    value: 'higress',
    label: 'Higress YAML',
    description: 'For a Higress MCP server, and to import here again.',
  },
] as const

interface ExportToolsetProps {
  readonly toolset: { readonly id: string; readonly name: string }
  readonly onClose: () => void
}

/** The toolset as a file; no secret is in it. */
export function ExportToolset({ toolset, onClose }: ExportToolsetProps) {
  const [format, setFormat] = useState<Format>('openapi')
  const save = useMutation({
    mutationFn: () => client.call('exportToolset', { toolsetId: toolset.id, format }),
    onSuccess: offer,
  })
  const choose = (next: Format) => {
    setFormat(next)
    save.reset()
  }
  return (
    <Dialog
      title={`Export ${toolset.name}`}
      description="Names, descriptions, schemas and requests. No key and no grant is in it."
      open
      onClose={onClose}
    >
      <div className="grid gap-4">
        <RadioCards legend="As" value={format} options={formats} onChange={choose} />
        {save.error !== null && <ProblemNotice error={asProblem(save.error)} />}
        {save.data !== undefined && <Saved exported={save.data} />}
        <div className="flex flex-wrap gap-2">
          <Button variant="primary" busy={save.isPending} onClick={() => save.mutate()}>
            Save the file
          </Button>
          <Button onClick={onClose}>Close</Button>
        </div>
      </div>
    </Dialog>
  )
}

function Saved({ exported: { notes } }: { exported: Exported }) {
  if (notes.length === 0) {
    return (
      <Notice tone="good" alert>
        <p>Saved. The format says all that the toolset is.</p>
      </Notice>
    )
  }
  return (
    <Notice tone="warn" alert title="Saved. This the format cannot say:">
      <ul className="grid list-disc gap-1 pl-4">
        {notes.map((note) => (
          <li key={note}>
            <UntrustedText inline text={note} limit={400} />
          </li>
        ))}
      </ul>
    </Notice>
  )
}

function offer({ document: text, filename, contentType }: Exported): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type: contentType }))
  link.download = filename
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), releaseMs)
}
