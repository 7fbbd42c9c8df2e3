import type { McpConfigReading } from '@sallyport/catalog'
import { useState } from 'react'
import { Button, LinkButton } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { Notice } from '../../../components/notice.tsx'
import { UntrustedText } from '../../../components/untrusted-text.tsx'
import { type Choices, choicesFor, isMissing, takenOf, variablesOf } from './pasted.ts'
import { PastedServer } from './pasted-server.tsx'
import { PastedVariables } from './pasted-variables.tsx'
import { useAddServers } from './use-add-servers.ts'
import { useKnownNames } from './use-known-names.ts'

const notesShown = 20

/** What becomes of each server of the file, what has to be given for them, and the button that adds them. */
export function ReviewConfig({ reading }: { reading: McpConfigReading }) {
  const [choices, setChoices] = useState<Choices>(() => choicesFor(reading))
  const { servers: known, variables: existing } = useKnownNames()
  const { addAll, results, isRunning } = useAddServers(reading)
  const isDone = ({ key }: { key: string }) => results.get(key) === 'added'
  const taken = takenOf(reading, choices, known).filter((one) => !isDone(one))
  const wanted = variablesOf(reading, taken)
  const missing = wanted.filter((one) => isMissing(one, choices, existing))
  const added = reading.servers.filter(isDone).length
  return (
    <>
      {reading.notes.length > 0 && (
        <Notice>
          <ul className="grid gap-0.5">
            {reading.notes.slice(0, notesShown).map((note, index) => (
              <li key={index}>
                <UntrustedText inline text={note} limit={400} />
              </li>
            ))}
          </ul>
        </Notice>
      )}
      <Card
        title={reading.servers.length === 1 ? 'One server' : `${reading.servers.length} servers`}
        flush
      >
        <ul className="divide-y divide-line">
          {reading.servers.map((server) => (
            <PastedServer
              key={server.key}
              server={server}
              choices={choices}
              isKnown={server.draft !== undefined && known.has(server.draft.name)}
              canTry={variablesOf(reading, [server]).every(
                (one) => !isMissing(one, choices, existing),
              )}
              result={results.get(server.key)}
              onTake={(take) =>
                setChoices({ ...choices, taken: { ...choices.taken, [server.key]: take } })
              }
            />
          ))}
        </ul>
      </Card>
      {wanted.length > 0 && (
        <PastedVariables
          variables={wanted}
          existing={existing}
          given={choices.given}
          onGive={(name, value) =>
            setChoices({ ...choices, given: { ...choices.given, [name]: value } })
          }
        />
      )}
      <div className="flex flex-wrap items-center gap-3">
        {(taken.length > 0 || added === 0) && (
          <Button
            variant="primary"
            disabled={taken.length === 0 || missing.length > 0}
            busy={isRunning}
            onClick={() => void addAll(taken, choices)}
          >
            Add {taken.length === 1 ? 'one server' : `${taken.length} servers`}
          </Button>
        )}
        {added > 0 && !isRunning && (
          <LinkButton to="/servers" variant={taken.length === 0 ? 'primary' : 'secondary'}>
            To the servers
          </LinkButton>
        )}
        {missing.length > 0 && (
          <span className="text-[0.93rem] text-ink-soft">
            Give {missing.length === 1 ? 'the value' : 'the values'} above first.
          </span>
        )}
      </div>
    </>
  )
}
