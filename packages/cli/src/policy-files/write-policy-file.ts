import { type FilePolicy, type Policy, PolicyDocument } from '@sallyport/contracts'
import { Document, isScalar, isSeq, visit } from 'yaml'
import { type NamedToolset, toFileGrants } from './tool-names.ts'

/** What people call agents and connections, by id. */
export interface Names {
  readonly agents: ReadonlyMap<string, string>
  readonly connections: ReadonlyMap<string, string>
  readonly toolsets?: readonly NamedToolset[] | undefined
}

/** The document of a policy without what the vault sets and without what is empty. */
export function documentOf(
  policy: Policy,
): Omit<FilePolicy, 'agent' | 'connection' | 'tools'> & Pick<PolicyDocument, 'tools'> {
  const { allow, approval, limits, windows, ...rest } = PolicyDocument.parse(pickDocument(policy))
  return {
    allow,
    approval,
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(windows.length > 0 && { windows }),
    ...rest,
  }
}

function pickDocument(policy: Policy): object {
  const known = Object.keys(PolicyDocument.shape)
  return Object.fromEntries(Object.entries(policy).filter(([name]) => known.includes(name)))
}

/** Where an editor finds the schema: beside the file, as `sallyport policies schema -o` writes it. */
const schemaFileName = 'policy.schema.json'

/** Policies as a file holds them: by agent and connection, those of which no other has the name by it. */
export function toFilePolicies(policies: readonly Policy[], names: Names): FilePolicy[] {
  const call = (of: ReadonlyMap<string, string>) => {
    const count = new Map<string, number>()
    for (const name of of.values()) count.set(name, (count.get(name) ?? 0) + 1)
    return (id: string) => {
      const name = of.get(id)
      return name === undefined || count.get(name) !== 1 || /^(?:agt|con)_/.test(name) ? id : name
    }
  }
  const [agentOf, connectionOf] = [call(names.agents), call(names.connections)]
  return policies
    .map((policy) => ({
      agent: agentOf(policy.agentId),
      connection: connectionOf(policy.connectionId),
      ...namedDocument(policy, names.toolsets ?? []),
    }))
    .sort((a, b) => compare(a.agent, b.agent) || compare(a.connection, b.connection))
}

function namedDocument(
  policy: Policy,
  toolsets: readonly NamedToolset[],
): Omit<FilePolicy, 'agent' | 'connection'> {
  const { tools = [], ...document } = documentOf(policy)
  return { ...document, ...(tools.length > 0 && { tools: toFileGrants(tools, toolsets) }) }
}

/** Not by the machine's language: the same order everywhere. */
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

const flowCharsMax = 80

/** Writes a file in YAML. Who is named by an id has the name in a comment. */
export function writePolicyFile(policies: readonly FilePolicy[], names: Names): string {
  const document = new Document({ policies }, { aliasDuplicateObjects: false })
  document.commentBefore = [
    ` yaml-language-server: $schema=${schemaFileName}`,
    ' Written by `sallyport policies export`; `sallyport policies apply` brings it back.',
    ` \`sallyport policies schema -o ${schemaFileName}\` writes the schema for editors.`,
  ].join('\n')
  visit(document, {
    Pair(_, pair) {
      if (!isScalar(pair.key) || !isScalar(pair.value)) return
      const of = pair.key.value === 'agent' ? names.agents : names.connections
      const name = of.get(String(pair.value.value))
      const isWho = pair.key.value === 'agent' || pair.key.value === 'connection'
      if (isWho && name !== undefined) pair.value.comment = ` ${oneLine(name)}`
    },
  })
  return print(document)
}

/** The same for a part of a file, to be copied into one. */
export const writeYaml = (value: object): string =>
  print(new Document(value, { aliasDuplicateObjects: false })).trimEnd()

/** Short lists stand on one line. */
function print(document: Document): string {
  visit(document, {
    Seq(_, list) {
      const isShort = list.items.every(isScalar) && JSON.stringify(list).length <= flowCharsMax
      if (isSeq(list) && isShort) list.flow = true
    },
  })
  return document.toString({ lineWidth: 0, flowCollectionPadding: false })
}

const oneLine = (text: string) => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
