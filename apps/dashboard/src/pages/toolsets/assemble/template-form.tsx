import { ConnectionId, ToolsetName } from '@sallyport/contracts'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { z } from 'zod'
import { useAction } from '../../../api.ts'
import { LinkButton } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { Form } from '../../../components/form.tsx'
import { SelectField, TextField } from '../../../components/form-fields.tsx'
import { LoadingState } from '../../../components/loading-state.tsx'
import { Notice } from '../../../components/notice.tsx'
import { useAllConnections } from '../../../components/pick-lists.ts'
import { useToast } from '../../../components/toast.tsx'
import type { Template } from './template.ts'

const Typed = z.object({ name: ToolsetName, connectionId: ConnectionId })
const route = getRouteApi('/frame/toolsets/new')

/** The connection that serves a template's tools, and what the toolset is called. */
export function TemplateForm({ template }: { template: Template }) {
  const { connectionId } = route.useSearch()
  const { data } = useAllConnections()
  const navigate = useNavigate()
  const toast = useToast()
  const create = useAction('createToolset', {
    invalidates: ['tools'],
    onDone: ({ toolset }) => {
      toast('Toolset made')
      void navigate({ to: '/toolsets/$toolsetId', params: { toolsetId: toolset.id } })
    },
  })
  if (data === undefined) return <LoadingState />
  const fitting = data.filter(({ service }) => service === template.service)
  if (fitting.length === 0) {
    return (
      <Notice
        title="There is no connection for it yet."
        action={<ConnectFirst template={template} />}
      >
        <p>The tools go with a connection of this service. Come back here with it.</p>
      </Notice>
    )
  }
  const first = fitting.find(({ id }) => id === connectionId) ?? fitting[0]
  return (
    <Card title="Make the toolset">
      <Form
        schema={Typed}
        defaults={{ name: template.id, connectionId: first?.id ?? '' }}
        onSubmit={(typed) => create.mutateAsync({ ...typed, template: template.id })}
        submitLabel={`Add ${template.tools.length === 1 ? '1 tool' : `${template.tools.length} tools`}`}
      >
        <SelectField
          name="connectionId"
          label="Connection"
          options={fitting.map(({ id, label }) => ({ value: id, label }))}
        />
        <TextField
          name="name"
          label="Name of the toolset"
          hint="Small letters, digits and hyphens."
          autoComplete="off"
          spellCheck={false}
          autoCapitalize="none"
        />
      </Form>
    </Card>
  )
}

/** Where a connection of the service is made, and back here. */
function ConnectFirst({ template: { id, service, title } }: { template: Template }) {
  const back = `/toolsets/new?from=catalog&template=${encodeURIComponent(id)}`
  return (
    <LinkButton size="sm" to="/connections" search={{ service, return: back }}>
      Connect {title}
    </LinkButton>
  )
}
