import { Badge } from '../../../components/badge.tsx'
import { Card } from '../../../components/card.tsx'
import { Field } from '../../../components/field.tsx'
import { Checkbox, Input, PasswordInput, Select } from '../../../components/input.tsx'
import { UntrustedText } from '../../../components/untrusted-text.tsx'
import { dialectWords } from '../database-words.ts'
import {
  type FieldName,
  fieldsOf,
  type Given,
  isTaken,
  type PreviewedSource,
  saidOf,
} from './chosen-sources.ts'
import { StatementRow } from './statement-row.tsx'

const labels: Readonly<Record<FieldName, string>> = {
  name: 'Name',
  host: 'Host',
  port: 'Port',
  database: 'Database',
  user: 'User',
  password: 'Password',
  path: 'File',
  tls: 'TLS',
}

interface SourceCardProps {
  readonly source: PreviewedSource
  readonly given: Given
  readonly onGive: (part: Partial<Given>) => void
}

/** One source of the document: what has to be given for it, and its statements. */
export function SourceCard({ source, given, onGive }: SourceCardProps) {
  const { key, name, kind, dialect, outcome, reason, tools } = source
  const taken = isTaken(source, given)
  return (
    <Card
      title={<UntrustedText inline text={name} limit={100} />}
      description={
        <span className="flex flex-wrap items-center gap-2">
          <Badge tone={outcome === 'taken' ? 'good' : 'bad'}>
            {outcome === 'taken' ? 'Taken' : 'Refused'}
          </Badge>
          {dialect === undefined ? (
            <UntrustedText inline mono text={kind} limit={60} />
          ) : (
            dialectWords[dialect]
          )}
        </span>
      }
      actions={
        outcome === 'taken' && (
          // biome-ignore lint/a11y/noLabelWithoutControl: Checkbox is an input
          <label className="flex items-center gap-2 text-[0.93rem]">
            <Checkbox checked={taken} onCheckedChange={(take) => onGive({ take })} />
            Import it
          </label>
        )
      }
      flush
    >
      {reason !== undefined && (
        <div className="px-5 py-3 text-[0.93rem]">
          <UntrustedText text={reason} />
        </div>
      )}
      {taken && <GivenFields source={source} given={given} onGive={onGive} />}
      {tools.length > 0 && (
        <ul
          aria-label={`Statements of ${key}`}
          className="divide-y divide-line border-t border-line"
        >
          {tools.map((statement) => (
            <StatementRow
              key={statement.key}
              statement={statement}
              isTaken={taken && !given.leftOut.has(statement.key)}
              {...(taken && {
                onTake: (take: boolean) => {
                  const leftOut = new Set(given.leftOut)
                  if (take) leftOut.delete(statement.key)
                  else leftOut.add(statement.key)
                  onGive({ leftOut })
                },
              })}
            />
          ))}
        </ul>
      )}
    </Card>
  )
}

type GivenFieldsProps = Pick<SourceCardProps, 'source' | 'given' | 'onGive'>

function GivenFields({ source, given, onGive }: GivenFieldsProps) {
  const give = (field: FieldName, value: string) =>
    onGive({ fields: { ...given.fields, [field]: value } })
  return (
    <div className="grid items-start gap-4 px-5 py-4 sm:grid-cols-2">
      {fieldsOf(source).map((field) => {
        const asked = source.asks.find((one) => one.field === field)
        const common = {
          autoComplete: 'off',
          autoCapitalize: 'none',
          spellCheck: false,
          value: given.fields[field] ?? saidOf(source, field),
        }
        const isSealed = field === 'password' && source.hasPassword
        return (
          <Field
            key={field}
            label={labels[field]}
            optional={asked === undefined && (field === 'user' || field === 'password')}
            {...(asked !== undefined && {
              hint: <UntrustedText inline text={`It ${asked.message}.`} limit={200} />,
            })}
            {...(isSealed && { hint: 'The document’s, unless you type another.' })}
          >
            {(aria) =>
              field === 'password' ? (
                <PasswordInput
                  {...common}
                  {...aria}
                  onChange={({ target }) => give(field, target.value)}
                />
              ) : field === 'tls' ? (
                <Select
                  {...aria}
                  value={common.value}
                  onChange={({ target }) => give(field, target.value)}
                >
                  <option value="require">Required, with a verified certificate</option>
                  <option value="off">Off, within the operator’s ranges</option>
                </Select>
              ) : (
                <Input {...common} {...aria} onChange={({ target }) => give(field, target.value)} />
              )
            }
          </Field>
        )
      })}
    </div>
  )
}
