import { CodeBlock } from '../../../components/copy-button.tsx'

/** What a webhook's messages are signed with, in the one moment in which it can be seen. */
export function SigningSecret({ secret }: { secret: string }) {
  return (
    <div className="grid gap-3">
      <CodeBlock label="Signing secret" text={secret} />
      <p className="text-[0.93rem] text-ink-soft">
        Give it to the program that gets the messages. It tells them from what others may send
        there.
      </p>
    </div>
  )
}
