import { Button } from '../../components/button.tsx'
import { CodeBlock } from '../../components/copy-button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Notice } from '../../components/notice.tsx'

/** Recovery codes, the one time that they are shown. */
export function RecoveryCodes({
  codes,
  onClose,
}: {
  codes: readonly string[] | undefined
  onClose: () => void
}) {
  return (
    <Dialog
      title="Keep these recovery codes"
      description="Each signs you in once in place of a one-time code, should you lose your phone."
      open={codes !== undefined}
      onClose={onClose}
    >
      <div className="grid gap-4">
        <CodeBlock label="Recovery codes" text={(codes ?? []).join('\n')} />
        <Notice tone="warn">
          <p>They are not shown again. Print them or keep them in a password manager.</p>
        </Notice>
        <div className="flex justify-end">
          <Button variant="primary" onClick={onClose}>
            I have kept them
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
