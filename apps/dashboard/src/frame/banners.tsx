import { TextLink } from '../components/button.tsx'
import { Notice } from '../components/notice.tsx'
import { useSession } from '../session.ts'

/** What concerns the whole workspace stands above every page. */
export function Banners() {
  if (useSession()?.workspace.frozen !== true) return null
  return (
    <Notice tone="bad" title="This workspace is frozen.">
      <p>
        No request of any agent goes out. It can be unfrozen in the{' '}
        <TextLink to="/settings/workspace">settings of the workspace</TextLink>.
      </p>
    </Notice>
  )
}
