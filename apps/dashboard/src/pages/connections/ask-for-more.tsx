import { customService, type Service } from '@sallyport/catalog'
import type { Connection } from '@sallyport/contracts'
import { useState } from 'react'
import { catalog } from '../../catalog.ts'
import { Button } from '../../components/button.tsx'
import { ChooseActions } from '../../components/connect/choose-actions.tsx'
import { coveredActions } from '../../components/connect/scope-words.ts'
import { useReconnect } from '../../components/connect/use-reconnect.ts'
import { Dialog } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'
import { Textarea } from '../../components/input.tsx'
import { ProblemNotice } from '../../components/notice.tsx'

interface AskForMoreProps {
  readonly connection: Connection
  readonly service: Service
}

/** Asks an account for more than it has given so far. */
export function AskForMore({ connection, service }: AskForMoreProps) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        Ask for more access
      </Button>
      <Dialog
        title="Ask for more access"
        description="You sign in at the provider again and say there what it allows. Policies stay as they are: no agent gets anything by this alone."
        open={open}
        onClose={() => setOpen(false)}
      >
        <Ask connection={connection} service={service} onClose={() => setOpen(false)} />
      </Dialog>
    </>
  )
}

function Ask({ connection, service, onClose }: AskForMoreProps & { onClose: () => void }) {
  const { id: connectionId, grantedScopes } = connection
  const covered = coveredActions(service, grantedScopes, catalog.findProvider(service.provider))
  const [chosen, setChosen] = useState<readonly string[]>([])
  const [typed, setTyped] = useState('')
  const { reconnect, busy, error } = useReconnect()
  const scopes = typed.split(/\s+/).filter((scope) => scope !== '')
  const isEmpty = chosen.length === 0 && scopes.length === 0
  const ask = () =>
    void reconnect({
      connectionId,
      ...(chosen.length > 0 && { actions: [...chosen] }),
      ...(scopes.length > 0 && { scopes }),
      returnTo: `/connections/${connectionId}`,
    })
  return (
    <div className="grid gap-5">
      {error !== undefined && <ProblemNotice error={error} />}
      {service.actions.length > 0 && (
        <ChooseActions
          legend="What may agents come to need?"
          service={service}
          provider={catalog.findProvider(service.provider)}
          chosen={chosen}
          fixed={covered}
          onChange={setChosen}
        />
      )}
      {service.id === customService.id && (
        <Field label="Further scopes" hint="As the provider names them.">
          {(aria) => (
            <Textarea
              {...aria}
              spellCheck={false}
              autoCapitalize="none"
              value={typed}
              onChange={({ target }) => setTyped(target.value)}
            />
          )}
        </Field>
      )}
      <div className="flex flex-wrap gap-2">
        <Button variant="primary" busy={busy} disabled={isEmpty} onClick={ask}>
          Go on to the provider
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </div>
    </div>
  )
}
