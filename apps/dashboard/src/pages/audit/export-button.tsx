import { type AuditExportFormat, Problem } from '@sallyport/contracts'
import { useMutation } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { useState } from 'react'
import { asProblem, client, type Input } from '../../api.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { ProblemNotice } from '../../components/notice.tsx'
import { RadioCards } from '../../components/radio-cards.tsx'
import type { AuditSearch } from './filters.tsx'

/** A long log takes a while to read. */
const exportMsMax = 60 * 60_000
/** The browser has taken hold of what it saves long before. */
const releaseMs = 60_000

const formats = [
  {
    value: 'jsonl',
    label: 'The whole log, to be verified',
    description: 'JSON Lines with signatures: what sallyport audit verify takes.',
  },
  {
    value: 'csv',
    label: 'CSV',
    description: 'For spreadsheets: the entries that the filters show.',
  },
  {
    value: 'ocsf',
    label: 'OCSF',
    description: 'For security tools, one event a line: the entries that the filters show.',
  },
] as const satisfies readonly { value: AuditExportFormat; label: string; description: string }[]

const fileEndings = { jsonl: 'jsonl', csv: 'csv', ocsf: 'ocsf.jsonl' } as const

/**
 * Saves the log in the form that is chosen, once all of it has come: what broke off is said, and not saved as if it were the
 * log. A browser keeps a large one on its disk.
 */
export function ExportButton({ search }: { search: AuditSearch }) {
  const [isOpen, setOpen] = useState(false)
  const [format, setFormat] = useState<AuditExportFormat>('jsonl')
  const save = useMutation({
    mutationFn: async () => {
      setOpen(false)
      offer(await readExport(format, search), format)
    },
  })
  return (
    <>
      <Button busy={save.isPending} onClick={() => setOpen(true)}>
        {!save.isPending && <Download aria-hidden="true" />} Export
      </Button>
      <Dialog title="Export the log" open={isOpen} onClose={() => setOpen(false)}>
        <div className="grid gap-4">
          <RadioCards legend="As" value={format} options={formats} onChange={setFormat} />
          <div className="flex justify-end gap-2.5">
            <Button onClick={() => setOpen(false)}>Cancel</Button>
            <Button variant="primary" onClick={() => save.mutate()}>
              Save
            </Button>
          </div>
        </div>
      </Dialog>
      <Dialog title="The log was not exported" open={save.error !== null} onClose={save.reset}>
        <ProblemNotice error={asProblem(save.error)} />
      </Dialog>
    </>
  )
}

async function readExport(format: AuditExportFormat, search: AuditSearch): Promise<Blob> {
  const asked = format === 'jsonl' ? {} : ({ ...search, format } as Input<'exportAudit'>)
  const stream = await client.call('exportAudit', asked, { timeoutMs: exportMsMax })
  try {
    return await new Response(stream).blob()
  } catch (cause) {
    throw new Problem('audit-unavailable', 'The export broke off before its end.', {
      next: 'Nothing was saved, since a part of the log proves nothing. Try again.',
      cause,
    })
  }
}

function offer(log: Blob, format: AuditExportFormat): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(log)
  link.download = `sallyport-audit-${new Date().toISOString().slice(0, 10)}.${fileEndings[format]}`
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), releaseMs)
}
