import { TextLink } from '../../../components/button.tsx'
import { ChooseKind } from '../choose-kind.tsx'
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
      {isFormKind(kind) ? (
        <ChannelForm key={kind} kind={kind} />
      ) : (
        <ChooseKind
          title="Where should it reach you?"
          description="This browser is turned on with one button, on the page before."
          kinds={formKinds}
          wordsOf={kindWords}
          to="/settings/notifications"
        />
      )}
    </div>
  )
}
