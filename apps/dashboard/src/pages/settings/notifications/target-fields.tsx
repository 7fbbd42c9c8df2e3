import type { ReactNode } from 'react'
import { SecretField, TextField } from '../../../components/form-fields.tsx'
import type { FormKind } from './channel-words.ts'

const plain = { autoComplete: 'off', spellCheck: false, autoCapitalize: 'none' }
const url = { ...plain, inputMode: 'url' } as const
const sealed = 'It is sealed at once and never shown again.'

/** What each kind of channel has to know. */
export function TargetFields({ kind }: { kind: FormKind }): ReactNode {
  switch (kind) {
    case 'slack':
      return (
        <SecretField
          name="target.webhookUrl"
          label="Webhook URL"
          placeholder="https://hooks.slack.com/services/…"
          hint={sealed}
          autoComplete="off"
        />
      )
    case 'discord':
      return (
        <SecretField
          name="target.webhookUrl"
          label="Webhook URL"
          placeholder="https://discord.com/api/webhooks/…"
          hint={sealed}
          autoComplete="off"
        />
      )
    case 'slack-app':
      return <SlackAppFields />
    case 'telegram':
      return (
        <>
          <SecretField
            name="target.botToken"
            label="The bot’s token"
            placeholder="123456789:AA…"
            hint={sealed}
            autoComplete="off"
          />
          <Advanced what="a Bot API server of yours">
            <TextField
              name="target.server"
              label="Server"
              placeholder="https://api.telegram.org"
              hint="Telegram’s own, unless you run one."
              optional
              {...url}
            />
          </Advanced>
        </>
      )
    case 'ntfy':
      return <NtfyFields />
    case 'email':
      return <TextField name="target.to" label="E-mail address" type="email" autoComplete="email" />
    case 'webhook':
      return (
        <TextField
          name="target.url"
          label="URL"
          placeholder="https://example.com/hooks/sallyport"
          hint="Each message is a POST there. Any answer of 200 to 299 takes it."
          {...url}
        />
      )
  }
}

function SlackAppFields() {
  return (
    <>
      <SecretField
        name="target.botToken"
        label="Bot User OAuth Token"
        placeholder="xoxb-…"
        hint={sealed}
        autoComplete="off"
      />
      <SecretField
        name="target.signingSecret"
        label="Signing Secret"
        hint="By it the vault knows that a press of a button comes from Slack."
        autoComplete="off"
      />
      <TextField
        name="target.memberId"
        label="Your member ID"
        placeholder="U012AB3CD"
        hint="Messages go to this person: you."
        {...plain}
      />
      <Advanced what="another server">
        <TextField
          name="target.server"
          label="Server"
          placeholder="https://slack.com"
          hint="Only GovSlack has another: https://slack-gov.com."
          optional
          {...url}
        />
      </Advanced>
    </>
  )
}

function NtfyFields() {
  return (
    <>
      <TextField
        name="target.topic"
        label="Topic"
        hint="Without a sign-in at the server, whoever guesses the topic can read along: take a long one that nobody guesses, or say less in each message below."
        {...plain}
      />
      <TextField
        name="target.server"
        label="Server"
        placeholder="https://ntfy.sh"
        hint="Empty: https://ntfy.sh."
        optional
        {...url}
      />
      <SecretField
        name="target.token"
        label="Access token"
        hint="For a topic that is protected."
        autoComplete="off"
        optional
      />
    </>
  )
}

function Advanced({ what, children }: { what: string; children: ReactNode }) {
  return (
    <details>
      <summary className="cursor-pointer text-[0.93rem] text-ink-soft hover:text-ink">
        Advanced: {what}
      </summary>
      <div className="mt-4">{children}</div>
    </details>
  )
}
