import type { PolicyDocument, ToolGrant } from '@sallyport/contracts'
import { useState } from 'react'
import { useFormContext, useWatch } from 'react-hook-form'
import { Button } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { describePermission } from '../../components/tools/permission-words.ts'
import { ToolName, ToolsetName } from '../../components/tools/tool-names.tsx'

/** Each is asked for by its name: the rest once somebody wants to see them. */
const grantsShown = 20

/** Tools that the policy grants; they are changed where the toolset is, and kept here as they stand. */
export function ToolsSection() {
  const { control } = useFormContext<PolicyDocument>()
  const tools = useWatch({ control, name: 'tools' }) ?? []
  const approval = useWatch({ control, name: 'approval' })
  const [isWhole, setWhole] = useState(false)
  if (tools.length === 0) return null
  const shown = isWhole ? tools : tools.slice(0, grantsShown)
  return (
    <Card
      title="Tools"
      description="Granted by name, beside what it may do above. They are changed under Access of their toolset."
      flush
    >
      <ul className="divide-y divide-line">
        {shown.map((grant, index) => (
          <li
            key={index}
            className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-0.5 px-5 py-2.5"
          >
            <span className="min-w-0 [overflow-wrap:anywhere]">
              <ToolsetName toolsetId={grant.toolsetId} />
              {grant.toolId === undefined ? (
                ', all tools'
              ) : (
                <>
                  .<ToolName toolId={grant.toolId} />
                </>
              )}
            </span>
            <span className="text-[0.93rem] text-ink-soft">{wordsOf(grant, approval)}</span>
          </li>
        ))}
      </ul>
      {shown.length < tools.length && (
        <div className="border-t border-line px-5 py-3">
          <Button size="sm" onClick={() => setWhole(true)}>
            Show all {tools.length.toLocaleString('en')}
          </Button>
        </div>
      )}
    </Card>
  )
}

const wordsOf = (grant: ToolGrant, approval: PolicyDocument['approval']) =>
  describePermission(
    {
      ...grant,
      from: grant.toolId === undefined ? 'toolset' : 'tool',
      approval: grant.approval ?? approval,
    },
    Date.now(),
  )
