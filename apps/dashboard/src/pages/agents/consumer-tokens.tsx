import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type Output, pages, useAction } from '../../api.ts'
import { Badge } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { ConfirmDialog } from '../../components/dialog.tsx'
import { lazyPart } from '../../components/lazy-part.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { ErrorState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { useToast } from '../../components/toast.tsx'
import { useMay } from '../../session.ts'

type Agent = Output<'getAgent'>['agent']
type Token = Output<'listConsumerTokens'>['consumerTokens'][number]

const soonMs = 7 * 86_400_000

const NewToken = lazyPart(async () => (await import('./new-consumer-token.tsx')).NewConsumerToken)

/** Tokens with which clients that cannot sign list and call the agent's tools. */
export function ConsumerTokens({ agent }: { agent: Agent }) {
  const list = useInfiniteQuery(pages('listConsumerTokens', { agentId: agent.id }))
  const mayWrite = useMay('agents:write') && agent.status !== 'disabled'
  const [making, setMaking] = useState<{ replaces?: Token }>()
  const tokens = list.data?.pages.flatMap((page) => page.consumerTokens)
  return (
    <Card
      title="Consumer tokens"
      description="For MCP clients over HTTP that cannot sign: a token lists and calls the tools that it has, and nothing else."
      actions={
        mayWrite && (
          <Button size="sm" onClick={() => setMaking({})}>
            Make a token
          </Button>
        )
      }
      flush
    >
      {tokens === undefined ? (
        <div className="px-5 py-4">
          {list.error === null ? (
            <LoadingState lines={2} />
          ) : (
            <ErrorState error={list.error} onRetry={list.refetch} />
          )}
        </div>
      ) : tokens.length === 0 ? (
        <p className="px-5 py-4 text-ink-soft">None.</p>
      ) : (
        <ul className="divide-y divide-line">
          {tokens.map((token) => (
            <TokenRow
              key={token.id}
              token={token}
              mayWrite={mayWrite}
              onRotate={() => setMaking({ replaces: token })}
            />
          ))}
        </ul>
      )}
      {making !== undefined && (
        <NewToken agent={agent} {...making} onClose={() => setMaking(undefined)} />
      )}
    </Card>
  )
}

interface TokenRowProps {
  readonly token: Token
  readonly mayWrite: boolean
  readonly onRotate: () => void
}

function TokenRow({ token, mayWrite, onRotate }: TokenRowProps) {
  const { id, agentId, name, expiresAt, lastUsedAt } = token
  const [isEnding, setEnding] = useState(false)
  const toast = useToast()
  const end = useAction('deleteConsumerToken', {
    onDone: () => {
      setEnding(false)
      toast('Token ended')
    },
  })
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-5 py-3">
      <div className="min-w-0">
        <span className="font-medium [overflow-wrap:anywhere]">{name}</span>
        <div className="flex flex-wrap items-center gap-x-2 text-[0.93rem] text-ink-soft">
          <span>
            {lastUsedAt === undefined ? (
              'Never used'
            ) : (
              <>
                Used <Time at={lastUsedAt} />
              </>
            )}
          </span>
          <Ends at={expiresAt} />
        </div>
      </div>
      {mayWrite && (
        <div className="flex gap-2">
          <Button size="sm" aria-label={`Rotate ${name}`} onClick={onRotate}>
            Rotate
          </Button>
          <Button
            size="sm"
            variant="quiet"
            className="text-bad!"
            aria-label={`End ${name}`}
            onClick={() => setEnding(true)}
          >
            End
          </Button>
        </div>
      )}
      <ConfirmDialog
        title="End this token?"
        confirmLabel="End it"
        danger
        open={isEnding}
        busy={end.isPending}
        error={end.error}
        onConfirm={() => end.mutate({ agentId, tokenId: id })}
        onClose={() => setEnding(false)}
      >
        <p className="[overflow-wrap:anywhere]">
          Whoever uses “{name}” is refused from now on. It cannot be taken back; a new one can be
          made.
        </p>
      </ConfirmDialog>
    </li>
  )
}

function Ends({ at }: { at: string }) {
  const leftMs = Date.parse(at) - Date.now()
  if (leftMs <= 0) return <Badge>Expired</Badge>
  const text = (
    <>
      ends <Time at={at} />
    </>
  )
  return leftMs < soonMs ? <Badge tone="warn">{text}</Badge> : <span>{text}</span>
}
