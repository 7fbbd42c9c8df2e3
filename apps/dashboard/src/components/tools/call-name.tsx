import { UntrustedText } from '../untrusted-text.tsx'
import type { CallTarget } from './call-target.ts'

const nameCharsShown = 120

interface CallNameProps {
  readonly target: CallTarget
  /** What the server or the database is called, as an owner named it. */
  readonly owner: string | undefined
}

/** What is called: "Tool get_weather of the server Weather". */
export function CallName({ target: { kind, tool }, owner }: CallNameProps) {
  return (
    <>
      Tool{' '}
      <span className="font-semibold">
        <UntrustedText inline mono text={tool} limit={nameCharsShown} />
      </span>{' '}
      {kind === 'mcp' ? 'of the server' : 'of the database'}{' '}
      {owner !== undefined && (
        <span className="font-semibold">
          <UntrustedText inline text={owner} limit={nameCharsShown} />
        </span>
      )}
    </>
  )
}
