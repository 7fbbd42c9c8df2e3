import type { SourceCheck } from '@sallyport/contracts'
import { Notice } from '../../components/notice.tsx'
import { UntrustedText } from '../../components/untrusted-text.tsx'

const stageWords: Readonly<Record<string, string>> = {
  address: 'looking for its address',
  connect: 'connecting',
  tls: 'setting up TLS',
  'sign-in': 'signing in',
  query: 'asking its first question',
}

interface CheckResultProps {
  readonly check: SourceCheck
  /** Read out at once: it is what came of a button that was just pressed. */
  readonly alert?: boolean
}

/** What came of a test, and what the role of the database may do and need not. */
export function CheckResult({ check, alert = false }: CheckResultProps) {
  const { ok, stage, message, latencyMs, version, warnings } = check
  const took = `${Math.round(latencyMs).toLocaleString('en')} ms`
  return (
    <div className="grid gap-3">
      <Notice
        tone={ok ? 'good' : 'bad'}
        alert={alert}
        title={
          ok
            ? `It works, ${took}.`
            : `It failed while ${stageWords[stage] ?? stage}, after ${took}.`
        }
      >
        <UntrustedText text={ok ? (version ?? message) : message} limit={400} />
      </Notice>
      {warnings.length > 0 && (
        <Notice tone="warn" title="It could be set up more narrowly.">
          <ul className="mt-1 list-disc pl-4.5">
            {warnings.map((warning, index) => (
              <li key={index}>
                <UntrustedText inline text={warning} limit={400} />
              </li>
            ))}
          </ul>
          <p className="mt-1.5">
            The vault keeps statements read-only all the same. A role of its own, with SELECT on
            what agents may see, over TLS, also holds where the vault does not.
          </p>
        </Notice>
      )}
    </div>
  )
}
