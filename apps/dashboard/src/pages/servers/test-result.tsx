import type { McpServerTried } from '@sallyport/contracts'
import { Notice } from '../../components/notice.tsx'
import { UntrustedText } from '../../components/untrusted-text.tsx'
import { stageWords } from './server-words.ts'

const toolsShown = 40
const nameCharsShown = 80

/** What came of a try: how far it went, how long it took, and which tools there are. */
export function TestResult({ tried }: { tried: McpServerTried }) {
  const { success, stage, message, toolCount, latencyMs, discoveredTools } = tried
  const shown = discoveredTools.slice(0, toolsShown)
  const took = `${Math.round(latencyMs).toLocaleString('en')} ms`
  return (
    <Notice
      tone={success ? 'good' : 'bad'}
      alert
      title={
        success
          ? `It works: ${toolCount === 1 ? '1 tool' : `${toolCount.toLocaleString('en')} tools`}, ${took}.`
          : stage === undefined
            ? 'It does not work.'
            : `It failed while ${stageWords[stage]}, after ${took}.`
      }
    >
      {(!success || message !== '') && <UntrustedText text={message} />}
      {shown.length > 0 && (
        <ul aria-label="Tools that it has" className="mt-1.5 flex flex-wrap gap-x-3 gap-y-0.5">
          {shown.map((name, index) => (
            <li key={index} className="min-w-0">
              <UntrustedText inline mono text={name} limit={nameCharsShown} />
            </li>
          ))}
          {discoveredTools.length > shown.length && (
            <li>and {(discoveredTools.length - shown.length).toLocaleString('en')} more</li>
          )}
        </ul>
      )}
    </Notice>
  )
}
