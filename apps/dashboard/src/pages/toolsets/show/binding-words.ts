import type { HttpBinding, SqlBinding, ToolBinding } from '@sallyport/contracts'

/** A place of the request, what it is called there, and what is put into it. */
export type BindingRow = readonly [place: string, name: string, from: string]

interface Source {
  readonly value?: unknown
  readonly template?: string
  readonly argument?: readonly string[]
}

/** An argument by its path, a constant after `=`, or that it is made by a template. */
function sourceOf({ value, template, argument }: Source): string {
  if (argument !== undefined) return argument.join('.')
  if (template !== undefined) return 'template'
  return `= ${typeof value === 'string' ? value : JSON.stringify(value)}`
}

/** Where the arguments of a tool go, place by place. */
export function bindingRows(binding: ToolBinding): readonly BindingRow[] {
  if (binding.kind === 'mcp') return [['Tool', binding.tool, 'all arguments']]
  if (binding.kind === 'sql') return statementRows(binding)
  const { path, query, headers, cookies, body } = binding
  const named =
    (place: string) =>
    (item: Source & { readonly name: string }): BindingRow => [place, item.name, sourceOf(item)]
  return [
    ...path.flatMap((piece): BindingRow[] => {
      if ('text' in piece) return []
      const from = sourceOf(piece)
      return [['Path', from, from]]
    }),
    ...query.map(named('Query')),
    ...headers.map(named('Header')),
    ...cookies.map(named('Cookie')),
    ...(body === undefined ? [] : bodyRows(body)),
  ]
}

function statementRows({ parameters }: SqlBinding): readonly BindingRow[] {
  return parameters.map(({ name, agent }): BindingRow => {
    const from = agent === undefined ? name : `= the agent’s ${agent}`
    return ['Parameter', name, from]
  })
}

function bodyRows(body: NonNullable<HttpBinding['body']>): readonly BindingRow[] {
  switch (body.kind) {
    case 'json':
      return 'argument' in body.from
        ? [['Body', body.contentType, sourceOf(body.from)]]
        : body.from.members.map((member): BindingRow => ['Body', member.name, sourceOf(member)])
    case 'form':
    case 'multipart': {
      const place = body.kind === 'form' ? 'Form field' : 'Part'
      const fields = body.fields.map((field): BindingRow => [place, field.name, sourceOf(field)])
      const rest: BindingRow[] =
        body.rest === undefined ? [] : [[place, 'all others', sourceOf(body.rest)]]
      return [...fields, ...rest]
    }
    case 'raw':
      return [['Body', body.contentType, sourceOf(body)]]
    case 'template':
      return [['Body', body.contentType, 'template']]
  }
}
