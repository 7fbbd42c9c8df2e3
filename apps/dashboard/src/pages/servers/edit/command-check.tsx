import { useQuery } from '@tanstack/react-query'
import { query, useAction } from '../../../api.ts'
import { Button } from '../../../components/button.tsx'
import { CodeBlock } from '../../../components/copy-button.tsx'
import { Notice, ProblemNotice } from '../../../components/notice.tsx'
import { UntrustedText } from '../../../components/untrusted-text.tsx'

interface CommandCheckProps {
  readonly command: string
  readonly package: string
  /** A program was installed: this is where. */
  readonly onInstalled: (path: string) => void
}

/** Whether the command is there and allowed, before anything is run; where it is missing, what installs it. */
export function CommandCheck({ command, package: name, onInstalled }: CommandCheckProps) {
  const { data } = useQuery({
    ...query('checkMcpCommand', { command, ...(name !== '' && { package: name }) }),
    enabled: command !== '',
  })
  if (command === '' || data === undefined) return null
  const { exists, allowed, message, install } = data
  if (exists && allowed) {
    return (
      <p role="status" className="-mt-3 text-[0.87rem] text-good">
        <UntrustedText inline text={message} limit={300} />
      </p>
    )
  }
  return (
    <Notice tone="warn" title={exists ? 'It may not be run.' : 'It is not there.'}>
      <div className="grid gap-2.5">
        <UntrustedText text={message} />
        {install !== undefined && (
          <>
            <div className="text-ink">
              <CodeBlock label="On the machine of the vault" text={install.command} />
            </div>
            {install.package !== undefined && install.installer !== undefined && (
              <Install
                name={install.package}
                installer={install.installer}
                onInstalled={onInstalled}
              />
            )}
          </>
        )}
      </div>
    </Notice>
  )
}

interface InstallProps {
  readonly name: string
  readonly installer: 'npm' | 'uv' | 'bun'
  readonly onInstalled: (path: string) => void
}

/** Offered where the operator lets owners install with it; elsewhere it says who does. */
function Install(props: InstallProps) {
  const { data } = useQuery(query('getMcpPrograms', {}))
  if (data === undefined) return null
  if (data.installers.includes(props.installer)) return <InstallButton {...props} />
  return (
    <p>
      The operator installs it: owners may not install with {props.installer} here, as{' '}
      <code>SALLYPORT_UPSTREAM_INSTALL</code> does not name it.
    </p>
  )
}

function InstallButton({ name, installer, onInstalled }: InstallProps) {
  const install = useAction('installMcpPackage', {
    onDone: ({ binPath }) => onInstalled(binPath),
  })
  return (
    <>
      {install.error !== null && <ProblemNotice error={install.error} />}
      <div>
        <Button
          size="sm"
          busy={install.isPending}
          onClick={() => install.mutate({ package: name, installer })}
        >
          Install it with {installer}
        </Button>
      </div>
    </>
  )
}
