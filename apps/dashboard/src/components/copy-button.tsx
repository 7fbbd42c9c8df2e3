import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button, type ButtonVariant } from './button.tsx'

const saidMs = 2_000

interface CopyButtonProps {
  readonly text: string
  readonly label?: string
  readonly variant?: ButtonVariant
}

/** Puts text on the clipboard and says so. */
export function CopyButton({ text, label = 'Copy', variant = 'secondary' }: CopyButtonProps) {
  const [said, setSaid] = useState<'copied' | 'failed'>()
  useEffect(() => {
    if (said === undefined) return
    const timer = setTimeout(() => setSaid(undefined), saidMs)
    return () => clearTimeout(timer)
  }, [said])
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setSaid('copied')
    } catch {
      setSaid('failed') // Without TLS, or forbidden by the browser: the text can still be selected.
    }
  }
  return (
    <Button size="sm" variant={variant} onClick={() => void copy()}>
      {said === 'copied' ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
      <span aria-live="polite">
        {said === 'copied' ? 'Copied' : said === 'failed' ? 'Select and copy it' : label}
      </span>
    </Button>
  )
}

/** Text to be copied: a command, a configuration, a secret that is shown once. */
export function CodeBlock({ text, label }: { text: string; label: string }) {
  return (
    <div className="relative rounded-md border border-line bg-sunken">
      <div className="flex items-center justify-between gap-3 border-b border-line py-1.5 pr-1.5 pl-3.5">
        <span className="text-[0.87rem] text-ink-soft">{label}</span>
        <CopyButton text={text} variant="quiet" />
      </div>
      <pre className="px-3.5 py-3 font-mono text-[0.87rem] leading-6 whitespace-pre-wrap [overflow-wrap:anywhere]">
        <code>{text}</code>
      </pre>
    </div>
  )
}
