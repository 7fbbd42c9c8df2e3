import type { ReactNode } from 'react'
import type { Output } from '../../../api.ts'
import { TextLink } from '../../../components/button.tsx'
import { Card, Facts } from '../../../components/card.tsx'
import { sizeOf } from '../../../components/size-of.ts'
import { Time } from '../../../components/time.tsx'
import { dialectWords } from '../database-words.ts'

type Database = Output<'getSource'>['source']

/** Where it is, who signs in there, and what bounds each call. */
export function DatabaseFacts({ source }: { source: Database }) {
  const { dialect, path, host, port, database, tls, user, hasPassword } = source
  const code = (text: string) => <code className="font-mono text-[0.93em]">{text}</code>
  const place: [string, ReactNode][] =
    path === undefined
      ? [
          ['Host', code(`${host ?? ''}${port === undefined ? '' : `:${port}`}`)],
          ['Database', code(database ?? '')],
          ['User', user === undefined ? 'None' : code(user)],
          ['Password', hasPassword ? 'Sealed, never shown' : 'None'],
          ['TLS', tls === 'off' ? 'Off: in the clear' : 'Required, with a verified certificate'],
        ]
      : [['File', code(path)]]
  return (
    <Card title="About">
      <Facts
        items={[
          ['Kind', dialectWords[dialect]],
          ...place,
          [
            'One answer',
            `At most ${source.rowsMax.toLocaleString('en')} rows and ${sizeOf(source.bytesMax)}, within ${source.timeoutSeconds}\u00a0s`,
          ],
          [
            'Tools',
            <TextLink
              key="toolset"
              to="/toolsets/$toolsetId"
              params={{ toolsetId: source.toolsetId }}
            >
              {source.toolCount === 1 ? '1 tool' : `${source.toolCount.toLocaleString('en')} tools`}
            </TextLink>,
          ],
          [
            'Policies',
            <TextLink
              key="connection"
              to="/connections/$connectionId"
              params={{ connectionId: source.connectionId }}
            >
              Of its connection
            </TextLink>,
          ],
          ['Id', code(source.id)],
          ['Added', <Time key="added" at={source.createdAt} exact />],
          ['Changed', <Time key="changed" at={source.updatedAt} exact />],
        ]}
      />
    </Card>
  )
}
