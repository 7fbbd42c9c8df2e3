import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useAction } from '../../../api.ts'
import { Badge } from '../../../components/badge.tsx'
import { Button } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { Notice } from '../../../components/notice.tsx'
import { useToast } from '../../../components/toast.tsx'
import { ToolProblem } from '../../../components/tools/tool-problem.tsx'
import { UntrustedText } from '../../../components/untrusted-text.tsx'
import {
  type AllGiven,
  isTaken,
  lackingOf,
  nothingGiven,
  type Preview,
  statementsTaken,
  toImport,
} from './chosen-sources.ts'
import { SourceCard } from './source-card.tsx'
import { StatementRow } from './statement-row.tsx'

interface ReviewSourcesProps {
  readonly document: string
  readonly preview: Preview
}

/** What the document becomes, source by source; nothing is kept before it is imported. */
export function ReviewSources({ document, preview }: ReviewSourcesProps) {
  const [given, setGiven] = useState<AllGiven>({})
  const navigate = useNavigate()
  const toast = useToast()
  const make = useAction('importSources', {
    invalidates: ['toolsets', 'connections'],
    onDone: ({ sources, notes }) => {
      toast(notes[0] ?? (sources.length === 1 ? 'Database added' : 'Databases added'))
      const [only] = sources
      void (only !== undefined && sources.length === 1
        ? navigate({ to: '/databases/$sourceId', params: { sourceId: only.id } })
        : navigate({ to: '/databases' }))
    },
  })
  const of = (key: string) => given[key] ?? nothingGiven
  const taken = preview.sources.filter((source) => isTaken(source, of(source.key)))
  const count = taken.reduce((sum, one) => sum + statementsTaken(one, of(one.key)).length, 0)
  const isLacking = taken.some((source) => lackingOf(source, of(source.key)).length > 0)
  return (
    <>
      <About preview={preview} />
      {preview.sources.map((source) => (
        <SourceCard
          key={source.key}
          source={source}
          given={of(source.key)}
          onGive={(part) => setGiven({ ...given, [source.key]: { ...of(source.key), ...part } })}
        />
      ))}
      {preview.refused.length > 0 && (
        <Card title="Without a database that can be taken" flush>
          <ul className="divide-y divide-line">
            {preview.refused.map((statement) => (
              <StatementRow key={statement.key} statement={statement} />
            ))}
          </ul>
        </Card>
      )}
      {make.error !== null && <ToolProblem problem={make.error} />}
      <div className="flex flex-wrap items-center gap-3">
        <Button
          variant="primary"
          disabled={taken.length === 0 || isLacking}
          busy={make.isPending}
          onClick={() => make.mutate(toImport(document, preview, given))}
        >
          Import {taken.length === 1 ? 'one database' : `${taken.length} databases`} with{' '}
          {count === 1 ? 'one statement' : `${count.toLocaleString('en')} statements`}
        </Button>
        {isLacking && (
          <span className="text-[0.93rem] text-ink-soft">Give what is missing first.</span>
        )}
      </div>
    </>
  )
}

function About({ preview }: { preview: Preview }) {
  const { counts, notes, secretsFound } = preview
  return (
    <>
      <Card title={preview.format === 'higress' ? 'Higress YAML' : 'genai-toolbox YAML'}>
        <div className="grid gap-3">
          <p className="flex flex-wrap gap-1.5">
            <Badge tone="good">{counts.taken.toLocaleString('en')} taken</Badge>
            {counts.changed > 0 && (
              <Badge tone="warn">{counts.changed.toLocaleString('en')} changed</Badge>
            )}
            {counts.refused > 0 && (
              <Badge tone="bad">{counts.refused.toLocaleString('en')} refused</Badge>
            )}
          </p>
          {notes.length > 0 && (
            <ul className="grid list-disc gap-1 pl-5 text-[0.93rem]">
              {notes.map((note, index) => (
                <li key={index}>
                  <UntrustedText inline text={note} limit={400} />
                </li>
              ))}
            </ul>
          )}
        </div>
      </Card>
      {secretsFound.length > 0 && (
        <Notice
          tone="warn"
          title={
            secretsFound.length === 1 ? 'There is a secret in it.' : 'There are secrets in it.'
          }
        >
          <p>
            Sealed when you import it, unless you type another. Take it out of the document, too:
          </p>
          <ul>
            {secretsFound.map(({ where, hint }, index) => (
              <li key={index}>
                <UntrustedText inline mono text={`${where} ${hint}`} limit={200} />
              </li>
            ))}
          </ul>
        </Notice>
      )}
    </>
  )
}
