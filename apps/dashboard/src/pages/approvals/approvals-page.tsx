import { getRouteApi } from '@tanstack/react-router'
import { Keyboard } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../../components/button.tsx'
import { lazyPart } from '../../components/lazy-part.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { ApprovalFilters } from './approval-filters.tsx'
import { Inbox } from './inbox.tsx'

const route = getRouteApi('/frame/approvals')
const ShortcutsDialog = lazyPart(
  async () => (await import('./shortcuts-dialog.tsx')).ShortcutsDialog,
)

/** What agents ask people to decide. */
export function ApprovalsPage() {
  const search = route.useSearch()
  const [isHelping, setHelping] = useState(false)
  return (
    <>
      <PageHeader
        title="Approvals"
        description="Requests of agents that wait for a person. Each is sent as it is shown, once, or not at all."
        actions={
          <span className="max-md:hidden">
            <Button variant="quiet" size="sm" onClick={() => setHelping(true)}>
              <Keyboard aria-hidden="true" /> Keyboard
            </Button>
          </span>
        }
      />
      <ApprovalFilters search={search} />
      <Inbox key={JSON.stringify(search)} search={search} onHelp={() => setHelping(true)} />
      {isHelping && <ShortcutsDialog open onClose={() => setHelping(false)} />}
    </>
  )
}
