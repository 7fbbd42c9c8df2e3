import { useQuery } from '@tanstack/react-query'
import { type Output, query } from '../../../api.ts'
import { LinkButton } from '../../../components/button.tsx'
import { Notice } from '../../../components/notice.tsx'
import { newerVersion } from './template-version.ts'

type Toolset = Output<'getToolset'>['toolset']

/** Says that the catalog has a newer version of a ready toolset; nothing where it has none. */
export function NewerTemplate({ toolset: { id, template, connection } }: { toolset: Toolset }) {
  const { data } = useQuery(
    query('listToolsetTemplates', connection === undefined ? {} : { service: connection.service }),
  )
  const newer = newerVersion(data?.templates ?? [], template)
  if (newer === undefined) return null
  return (
    <div className="mb-4">
      <Notice
        title="The catalog has a newer version."
        action={
          <LinkButton size="sm" to="/toolsets/new" search={{ toolsetId: id }}>
            See what would change
          </LinkButton>
        }
      >
        <p>
          These tools are of <span className="font-mono">{template}</span>; version {newer} came
          with this vault. Nothing changes before you apply it.
        </p>
      </Notice>
    </div>
  )
}
