import type { Service } from '@sallyport/catalog'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { query } from '../../api.ts'
import { catalog } from '../../catalog.ts'
import { Button } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { ConnectService } from '../../components/connect/connect-service.tsx'
import { ServicePicker } from '../../components/service-picker.tsx'

const offeredMax = 5

/** The first step: a key, and where it may go. */
export function ConnectionStep({ onDone }: { onDone: (connectionId: string) => void }) {
  const [service, setService] = useState<Service>()
  if (service === undefined) {
    return (
      <div className="grid gap-4">
        <Existing onPick={onDone} />
        <Card
          title="What is your agent to act with?"
          description="It is sealed in this vault. Agents act with it and never see it."
        >
          <ServicePicker catalog={catalog} onPick={setService} />
        </Card>
      </div>
    )
  }
  return (
    <Card title={service.id === 'custom' ? 'Any other API' : service.name}>
      <ConnectService
        service={service}
        returnTo="/welcome"
        onDone={({ id }) => onDone(id)}
        actions={<Button onClick={() => setService(undefined)}>Back</Button>}
      />
    </Card>
  )
}

/** Whoever comes here a second time has keys already. */
function Existing({ onPick }: { onPick: (connectionId: string) => void }) {
  const { data } = useQuery(query('listConnections', { limit: offeredMax }))
  const usable = data?.connections.filter(({ status }) => status === 'healthy') ?? []
  if (usable.length === 0) return null
  return (
    <Card title="Use one that is here">
      <div className="flex flex-wrap gap-2">
        {usable.map(({ id, label }) => (
          <Button key={id} className="max-w-full" onClick={() => onPick(id)}>
            <span className="truncate">{label}</span>
          </Button>
        ))}
      </div>
    </Card>
  )
}
