import { Problem } from '@sallyport/contracts'
import { useMutation } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { asProblem, client } from '../../api.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { ProblemNotice } from '../../components/notice.tsx'

/** A long log takes a while to read. */
const exportMsMax = 60 * 60_000
/** The browser has taken hold of what it saves long before. */
const releaseMs = 60_000

/**
 * Saves the whole log as JSON Lines, once all of it has come: what broke off is said, and not saved as if it were the log.
 * A browser keeps a large one on its disk.
 */
export function ExportButton() {
  const save = useMutation({ mutationFn: async () => offer(await readExport()) })
  return (
    <>
      <Button busy={save.isPending} onClick={() => save.mutate()}>
        {!save.isPending && <Download aria-hidden="true" />} Export
      </Button>
      <Dialog title="The log was not exported" open={save.error !== null} onClose={save.reset}>
        <ProblemNotice error={asProblem(save.error)} />
      </Dialog>
    </>
  )
}

async function readExport(): Promise<Blob> {
  const stream = await client.call('exportAudit', {}, { timeoutMs: exportMsMax })
  try {
    return await new Response(stream).blob()
  } catch (cause) {
    throw new Problem('audit-unavailable', 'The export broke off before its end.', {
      next: 'Nothing was saved, since a part of the log proves nothing. Try again.',
      cause,
    })
  }
}

function offer(log: Blob): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(log)
  link.download = `sallyport-audit-${new Date().toISOString().slice(0, 10)}.jsonl`
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), releaseMs)
}
