import { Badge } from '../../../components/badge.tsx'
import { Card } from '../../../components/card.tsx'
import { Notice } from '../../../components/notice.tsx'
import { formatWords } from '../../../components/tools/format-words.ts'
import { UntrustedText } from '../../../components/untrusted-text.tsx'
import type { Preview } from './choices.ts'

const titleCharsShown = 200
const notesShown = 20

/** What a document is, how much of it can be taken, and what else a reader should know. */
export function PreviewNotes({ preview }: { preview: Preview }) {
  const { format, title, description, counts, notes, secretsFound } = preview
  return (
    <>
      <Card
        title={
          title === undefined ? (
            formatWords[format]
          ) : (
            <UntrustedText inline text={title} limit={titleCharsShown} />
          )
        }
      >
        <div className="grid gap-3">
          <p className="flex flex-wrap gap-1.5">
            <Badge>{formatWords[format]}</Badge>
            <Badge tone="good">{counts.taken.toLocaleString('en')} taken</Badge>
            {counts.changed > 0 && (
              <Badge tone="warn">{counts.changed.toLocaleString('en')} changed</Badge>
            )}
            {counts.refused > 0 && (
              <Badge tone="bad">{counts.refused.toLocaleString('en')} refused</Badge>
            )}
          </p>
          {description !== undefined && (
            <div className="text-[0.93rem] text-ink-soft">
              <UntrustedText text={description} limit={300} />
            </div>
          )}
          {notes.length > 0 && <Notes notes={notes} />}
        </div>
      </Card>
      {secretsFound.length > 0 && <Secrets found={secretsFound} />}
    </>
  )
}

function Notes({ notes }: { notes: readonly string[] }) {
  return (
    <ul className="grid list-disc gap-1 pl-5 text-[0.93rem]">
      {notes.slice(0, notesShown).map((note, index) => (
        <li key={index}>
          <UntrustedText inline text={note} limit={400} />
        </li>
      ))}
      {notes.length > notesShown && <li>And {notes.length - notesShown} more such notes.</li>}
    </ul>
  )
}

function Secrets({ found }: { found: Preview['secretsFound'] }) {
  return (
    <Notice
      tone="warn"
      title={found.length === 1 ? 'There is a secret in it.' : 'There are secrets in it.'}
    >
      <div className="grid gap-2">
        <p>
          {found.some(({ scheme }) => scheme !== undefined)
            ? 'Sealed, it becomes the credential if you choose so below; else it is thrown away.'
            : 'Nothing in the document uses it to sign in, so it is thrown away.'}{' '}
          No tool, no agent and no log gets to see it.
        </p>
        <ul className="grid gap-0.5">
          {found.map(({ where, hint }, index) => (
            <li key={index} className="flex flex-wrap gap-x-2">
              <UntrustedText inline mono text={where} limit={titleCharsShown} />
              <UntrustedText inline mono text={hint} limit={40} />
            </li>
          ))}
        </ul>
      </div>
    </Notice>
  )
}
