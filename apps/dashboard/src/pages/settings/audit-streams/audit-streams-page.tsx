import { getRouteApi } from '@tanstack/react-router'
import { TextLink } from '../../../components/button.tsx'
import { NotForRole } from '../../../components/not-for-role.tsx'
import { useMay } from '../../../session.ts'
import { ChooseKind } from '../choose-kind.tsx'
import { StreamForm } from './stream-form.tsx'
import { StreamList } from './stream-list.tsx'
import { isStreamKind, kindWords, streamKinds } from './stream-words.ts'

const route = getRouteApi('/frame/settings/audit-streams')

/** Where the audit log is sent as it grows. */
export function AuditStreamsPage() {
  const { add } = route.useSearch()
  const mayRead = useMay('audit:read')
  const mayChange = useMay('workspace:write')
  if (!mayRead) return <NotForRole what="the audit log" scope="audit:read" />
  if (mayChange && isStreamKind(add)) {
    return (
      <div className="grid gap-4">
        <p className="text-[0.87rem]">
          <TextLink to="/settings/audit-streams">Audit streams</TextLink>
        </p>
        <StreamForm key={add} kind={add} />
      </div>
    )
  }
  return (
    <div className="grid gap-5">
      <p className="max-w-2xl text-ink-soft">
        The <TextLink to="/audit">audit log</TextLink> can be sent elsewhere as it grows: in order,
        nothing left out, whatever becomes of the other side.{' '}
        {!mayChange && 'Only an owner or admin can change it.'}
      </p>
      <StreamList mayChange={mayChange} />
      {mayChange && (
        <ChooseKind
          title="Send it somewhere else too"
          kinds={streamKinds}
          wordsOf={kindWords}
          to="/settings/audit-streams"
        />
      )}
    </div>
  )
}
