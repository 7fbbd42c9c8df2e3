import type { ReactNode } from 'react'
import { TextLink } from '../../../components/button.tsx'
import { ExternalLink } from '../../../components/external-link.tsx'
import type { FormKind } from './channel-words.ts'

/** Where each value of the form below comes from, step by step. */
export function WhereToGetIt({ kind }: { kind: FormKind }) {
  const steps = stepsOf[kind]
  return (
    <ol className="grid max-w-2xl list-decimal gap-1.5 rounded-md bg-sunken py-3 pr-4 pl-9 text-[0.93rem]">
      {steps.map((step, index) => (
        <li key={index}>{step}</li>
      ))}
    </ol>
  )
}

const stepsOf: Readonly<Record<FormKind, readonly ReactNode[]>> = {
  slack: [
    <>
      Open <ExternalLink href="https://api.slack.com/apps">your Slack apps</ExternalLink> and take
      one, or create one from scratch.
    </>,
    'Turn on Incoming Webhooks, add one to the workspace and choose the channel. Whoever reads that channel reads the messages.',
    'Copy the webhook’s URL into the field below.',
  ],
  'slack-app': [
    <>
      Create an app from scratch at{' '}
      <ExternalLink href="https://api.slack.com/apps">your Slack apps</ExternalLink>, for yourself
      alone: whoever has its signing secret can answer in your name.
    </>,
    'Under OAuth & Permissions add the bot scope chat:write and install the app. It shows the Bot User OAuth Token.',
    'Under Basic Information, App Credentials, is the Signing Secret.',
    'Your member ID is in your Slack profile, behind the three dots: Copy member ID.',
    'The rest, which makes the buttons work, follows on the next page.',
  ],
  telegram: [
    <>
      Write to <ExternalLink href="https://t.me/BotFather">@BotFather</ExternalLink> in Telegram:
      /newbot. It asks for a name and answers with the token.
    </>,
    'Paste the token below. The bot has to be for this vault alone.',
    'On the next page you link your own account: nobody else gets a message.',
  ],
  discord: [
    'In Discord open the settings of the channel, Integrations, Webhooks.',
    'Make a new webhook and copy its URL. Whoever reads that channel reads the messages.',
  ],
  ntfy: [
    <>
      Install the <ExternalLink href="https://ntfy.sh">ntfy app</ExternalLink> and subscribe to a
      topic that nobody guesses.
    </>,
    'Write the same topic below.',
  ],
  email: [
    <>
      It goes through the workspace’s <TextLink to="/settings/mail-server">mail server</TextLink>,
      which an owner or admin sets up once.
    </>,
    'Then the address alone is enough.',
  ],
  webhook: [
    'Write the address of your program below.',
    'On the next page you get the secret that every message is signed with. Check it before you believe a message.',
    <>
      How to check it:{' '}
      <ExternalLink href="https://www.standardwebhooks.com">Standard Webhooks</ExternalLink> has
      libraries for most languages.
    </>,
  ],
}
