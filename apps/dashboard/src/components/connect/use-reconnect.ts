import { useState } from 'react'
import { type Input, useAction } from '../../api.ts'
import { useGoOn } from './use-go-on.ts'

/**
 * Signs in to a connection's account again: begins at the vault and sends the browser to the provider. `busy` until the browser
 * has left; `error` says why it could not.
 */
export function useReconnect() {
  const start = useAction('reconnect')
  const goOn = useGoOn()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  return {
    busy,
    error,
    reconnect: async (input: Input<'reconnect'>): Promise<void> => {
      setBusy(true)
      setError(undefined)
      try {
        await goOn(await start.mutateAsync(input))
      } catch (thrown) {
        setError(thrown)
      } finally {
        setBusy(false)
      }
    },
  }
}
