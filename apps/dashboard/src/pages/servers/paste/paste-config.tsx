import { type McpConfigReading, readMcpConfig } from '@sallyport/catalog'
import type { Problem } from '@sallyport/contracts'
import { useState } from 'react'
import { asProblem } from '../../../api.ts'
import { DocumentCard } from '../../../components/document-card.tsx'
import { ToolProblem } from '../../../components/tools/tool-problem.tsx'
import { ReviewConfig } from './review-config.tsx'

const bytesMax = 1024 * 1024

/** A configuration file of an MCP client: read in the browser, shown, and nothing of it sent before somebody says so. */
export function PasteConfig() {
  const [reading, setReading] = useState<McpConfigReading>()
  const [problem, setProblem] = useState<Problem>()
  const read = (text: string) => {
    setProblem(undefined)
    try {
      setReading(readMcpConfig(text))
    } catch (thrown) {
      setProblem(asProblem(thrown))
    }
  }
  return (
    <div className="grid gap-4">
      <DocumentCard
        label="Paste an mcp.json"
        hint="Of Claude Code or Desktop, Cursor, VS Code, mcporter, OpenCode and others. It is read in this browser; keys in it are sealed when you add its servers."
        bytesMax={bytesMax}
        isBusy={false}
        isShown={reading !== undefined}
        onDocument={read}
        onClear={() => {
          setReading(undefined)
          setProblem(undefined)
        }}
      />
      {problem !== undefined && <ToolProblem problem={problem} />}
      {reading !== undefined && <ReviewConfig reading={reading} />}
    </div>
  )
}
