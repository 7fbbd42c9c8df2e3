import { OutsidePage } from '../../components/outside-page.tsx'

export function InvitePage() {
  return <OutsidePage title="Join a workspace" description="This invitation is not complete." />
}
