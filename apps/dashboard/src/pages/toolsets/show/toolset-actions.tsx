import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { type Output, useAction } from '../../../api.ts'
import { Button, LinkButton } from '../../../components/button.tsx'
import { ConfirmDialog } from '../../../components/dialog.tsx'
import { lazyPart } from '../../../components/lazy-part.tsx'
import { useToast } from '../../../components/toast.tsx'
import { sendsNoRequest } from '../../../components/tools/format-words.ts'
import { useMay } from '../../../session.ts'

type Toolset = Output<'getToolset'>['toolset']

const EditToolset = lazyPart(async () => (await import('./edit-toolset.tsx')).EditToolset)
const ExportToolset = lazyPart(async () => (await import('./export-toolset.tsx')).ExportToolset)

/** What can be done with a toolset as a whole. */
export function ToolsetActions({ toolset }: { toolset: Toolset }) {
  const mayWrite = useMay('tools:write')
  const [open, setOpen] = useState<'edit' | 'export' | 'delete'>()
  const close = () => setOpen(undefined)
  // The tools come and go with their server or database, and are no requests that a document could describe.
  if (sendsNoRequest(toolset.format)) return null
  return (
    <>
      {mayWrite && (
        <>
          <Button size="sm" onClick={() => setOpen('edit')}>
            Edit
          </Button>
          <OtherTools toolset={toolset} />
        </>
      )}
      <Button size="sm" onClick={() => setOpen('export')}>
        Export
      </Button>
      {mayWrite && (
        <Button size="sm" variant="quiet" className="text-bad!" onClick={() => setOpen('delete')}>
          Delete
        </Button>
      )}
      {open === 'edit' && <EditToolset toolset={toolset} onClose={close} />}
      {open === 'export' && <ExportToolset toolset={toolset} onClose={close} />}
      {open === 'delete' && <DeleteToolset toolset={toolset} onClose={close} />}
    </>
  )
}

/** How the toolset gets other tools, by where they come from. */
function OtherTools({ toolset: { id, format } }: { toolset: Toolset }) {
  return format === 'assembled' ? (
    <LinkButton size="sm" to="/toolsets/new" search={{ toolsetId: id, from: 'assemble' }}>
      Change the tools
    </LinkButton>
  ) : (
    <LinkButton size="sm" to="/toolsets/new" search={{ toolsetId: id }}>
      {format === 'template' ? 'Compare with the catalog' : 'A newer document'}
    </LinkButton>
  )
}

function DeleteToolset({ toolset, onClose }: { toolset: Toolset; onClose: () => void }) {
  const navigate = useNavigate()
  const toast = useToast()
  const { id, name, toolCount, agentCount, connection } = toolset
  const remove = useAction('deleteToolset', {
    invalidates: ['tools', 'policies', 'agents', 'approvals'],
    onDone: () => {
      toast('Toolset deleted')
      void navigate({ to: '/toolsets' })
    },
  })
  return (
    <ConfirmDialog
      title={`Delete ${name}?`}
      confirmLabel="Delete"
      danger
      open
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate({ toolsetId: id })}
      onClose={onClose}
    >
      <p>
        {toolCount === 1 ? 'Its tool goes' : `Its ${toolCount.toLocaleString('en')} tools go`}, with
        all grants of them and the earlier versions.{' '}
        {agentCount === 0
          ? 'No agent has any of them.'
          : `${agentCount === 1 ? 'One agent loses' : `${agentCount} agents lose`} them at once.`}{' '}
        {connection !== undefined && 'The connection stays, and so do policies that allow more.'}
      </p>
      <p>It cannot be taken back.</p>
    </ConfirmDialog>
  )
}
