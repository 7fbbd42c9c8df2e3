import { LinkButton } from '../../components/button.tsx'
import { OutsidePage } from '../../components/outside-page.tsx'

export function NotFoundPage() {
  return (
    <OutsidePage
      title="There is nothing here"
      description="The address may be mistyped, or what was here is gone."
    >
      <LinkButton to="/">Go to the start page</LinkButton>
    </OutsidePage>
  )
}
