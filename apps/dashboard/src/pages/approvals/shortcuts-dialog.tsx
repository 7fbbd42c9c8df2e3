import { Dialog } from '../../components/dialog.tsx'

const shortcuts = [
  [['j', '↓'], 'Next request'],
  [['k', '↑'], 'Previous request'],
  [['o', 'Enter'], 'Open the request on a page of its own'],
  [['a'], 'Approve the request that has the focus'],
  [['d'], 'Deny the request that has the focus'],
  [['x'], 'Select, or no longer'],
  [['A'], 'Approve what is selected (it is shown first)'],
  [['D'], 'Deny what is selected (you are asked first)'],
  [['n'], 'Show what is new'],
  [['?'], 'This list'],
] as const

/** What the keyboard can do in the list. */
export function ShortcutsDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog
      title="Keyboard"
      description="While nothing is being typed. Arrows work while a request has the focus."
      open={open}
      onClose={onClose}
    >
      <dl className="grid gap-2">
        {shortcuts.map(([keys, what]) => (
          <div key={what} className="flex items-center gap-4">
            <dt className="flex w-24 gap-1.5">
              {keys.map((key) => (
                <kbd
                  key={key}
                  className="rounded border border-line-strong/60 bg-sunken px-1.5 font-mono text-[0.87rem]"
                >
                  {/^[A-Z]$/.test(key) ? `Shift ${key}` : key}
                </kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
