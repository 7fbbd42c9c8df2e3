import type { McpConfigReading, ReadServer } from '@sallyport/catalog'
import { Problem } from '@sallyport/contracts'
import { useRef, useState } from 'react'
import { asProblem, useAction } from '../../../api.ts'
import { type Choices, inputOf, variablesOf, variablesToSet } from './pasted.ts'

type Results = ReadonlyMap<string, 'added' | Problem>

/** Sets the variables that were given, then adds one server after the other; one that fails does not hold up the others. */
export function useAddServers(reading: McpConfigReading) {
  const put = useAction('putVariable', { invalidates: ['mcp'] })
  const create = useAction('createMcpServer', { invalidates: ['toolsets', 'connections'] })
  const [results, setResults] = useState<Results>(new Map())
  const [isRunning, setRunning] = useState(false)
  const isStarted = useRef(false)

  const addOne = async (server: ReadServer, choices: Choices, set: Set<string>) => {
    for (const variable of variablesToSet(variablesOf(reading, [server]), choices)) {
      if (set.has(variable.name)) continue
      await put.mutateAsync(variable)
      set.add(variable.name)
    }
    await create.mutateAsync(inputOf(server, choices, reading))
    return 'added' as const
  }
  const addAll = async (servers: readonly ReadServer[], choices: Choices) => {
    // A second press before the button has changed is none.
    if (isStarted.current) return
    isStarted.current = true
    setRunning(true)
    const set = new Set<string>()
    for (const server of servers) {
      const result = await addOne(server, choices, set).catch(asProblem)
      setResults((before) => new Map([...before, [server.key, result]]))
      // Whoever does not prove who they are is not asked again for each.
      if (result instanceof Problem && result.type === 'fresh-sign-in-required') break
    }
    setRunning(false)
    isStarted.current = false
  }
  return { addAll, results, isRunning }
}
