import { useNavigate } from '@tanstack/react-router'
import type { Output } from '../../api.ts'
import { leaveFor } from '../../leave-for.ts'

type Started = Pick<Output<'startConnection'>, 'flow' | 'authorizationUrl'>

/** Goes where an attempt to connect goes on: to the provider, or to the page that shows its code. */
export function useGoOn() {
  const navigate = useNavigate()
  return async ({ authorizationUrl, flow }: Started): Promise<void> => {
    if (authorizationUrl !== undefined) return leaveFor(authorizationUrl)
    await navigate({ to: '/connections/flows/$flowId', params: { flowId: flow.id } })
  }
}
