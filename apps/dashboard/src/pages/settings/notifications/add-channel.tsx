import { LinkButton, TextLink } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { ChannelForm } from './channel-form.tsx'
import { formKinds, isFormKind, kindWords } from './channel-words.ts'

/** Adds a channel: of which kind, and then what that takes. */
export function AddChannel({ kind }: { kind: string }) {
  return (
    <div className="grid gap-4">
      <p className="text-[0.87rem]">
        {isFormKind(kind) ? (
          <TextLink to="/settings/notifications" search={{ add: 'any' }}>
            Other channels
          </TextLink>
        ) : (
          <TextLink to="/settings/notifications">Notifications</TextLink>
        )}
      </p>
      {isFormKind(kind) ? <ChannelForm key={kind} kind={kind} /> : <ChooseKind />}
    </div>
  )
}

function ChooseKind() {
  return (
    <Card
      title="Where should it reach you?"
      description="This browser is turned on with one button, on the page before."
      flush
    >
      <ul className="divide-y divide-line">
        {formKinds.map((kind) => {
          const { name, sentence } = kindWords[kind]
          return (
            <li
              key={kind}
              className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-5 py-3.5"
            >
              <div className="min-w-0 flex-1 basis-60">
                <h3 className="font-medium">{name}</h3>
                <p className="text-[0.93rem] text-ink-soft">{sentence}</p>
              </div>
              <LinkButton
                size="sm"
                to="/settings/notifications"
                search={{ add: kind }}
                aria-label={`Add ${name}`}
              >
                Add
              </LinkButton>
            </li>
          )
        })}
      </ul>
    </Card>
  )
}
