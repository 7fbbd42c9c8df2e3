import type { Problem } from '@sallyport/contracts'
import { useMutation } from '@tanstack/react-query'
import { useRef } from 'react'
import { asProblem, client, type Input } from '../../../api.ts'
import type { Preview } from './choices.ts'

/** What is said about a document as a whole. */
export type Choices = Pick<
  Input<'previewToolset'>,
  'document' | 'template' | 'format' | 'server' | 'variables' | 'securityScheme' | 'tools'
>

/** A preview, and exactly what it was made from: importing sends the same. */
export interface Shown {
  readonly choices: Choices
  readonly preview: Preview
}

export interface PreviewState {
  /** The last that could be made; stays while another is being made. */
  readonly shown: Shown | undefined
  readonly isBusy: boolean
  readonly error: Problem | undefined
  readonly ask: (choices: Choices) => void
  readonly clear: () => void
}

/** A large document takes a while to send and to read. */
const previewMsMax = 120_000

/** Asks the vault what a document would become; an answer that came too late is passed over. */
export function usePreview(toolsetId?: string): PreviewState {
  const asking = useMutation<Preview, unknown, Choices>({
    mutationFn: (choices) =>
      client.call(
        'previewToolset',
        { ...choices, ...(toolsetId !== undefined && { toolsetId }) },
        { timeoutMs: previewMsMax },
      ),
  })
  const last = useRef<Shown>(undefined)
  if (asking.isSuccess) last.current = { choices: asking.variables, preview: asking.data }
  return {
    shown: last.current,
    isBusy: asking.isPending,
    error: asking.isError ? asProblem(asking.error) : undefined,
    ask: asking.mutate,
    clear: () => {
      last.current = undefined
      asking.reset()
    },
  }
}
