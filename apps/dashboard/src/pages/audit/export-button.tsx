import { Download } from 'lucide-react'
import { Button } from '../../components/button.tsx'

/** Saves the whole log as JSON Lines. The browser streams it to a file: it may be larger than the memory. */
export function ExportButton() {
  const save = () => {
    const link = document.createElement('a')
    link.href = '/api/v1/audit/export'
    link.download = `sallyport-audit-${new Date().toISOString().slice(0, 10)}.jsonl`
    link.click()
  }
  return (
    <Button onClick={save}>
      <Download aria-hidden="true" /> Export
    </Button>
  )
}
