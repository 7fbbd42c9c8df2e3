// Makes tools of OpenAPI 3.0, 3.1 and 3.2 documents, and of Swagger 2.0, which is turned into the same shape first. Every operation
// is taken, changed or refused, with the reason (S-41: nothing is fetched, everything is bounded).
import { toolsOfToolsetMax } from '@sallyport/contracts'
import { withoutKeys } from '../curl/known-secrets.ts'
import type {
  ImportedSecret,
  ImportedTool,
  ImportedToolset,
  Importer,
} from '../imported-toolset.ts'
import { type Data, type DataObject, isObject, readDocument, scalarText } from '../read-document.ts'
import { quoteName, refuseDocument } from '../refuse-document.ts'
import { toToolsetName } from '../tool-names.ts'
import { findShownSchemes } from './found-schemes.ts'
import { createFieldCheck } from './known-names.ts'
import { listOperations } from './list-operations.ts'
import { makeTool, ownServers } from './make-tool.ts'
import { createReferences } from './references.ts'
import { cutText } from './schema/schema-annotations.ts'
import { createSchemaScopes } from './schema/schema-scope.ts'
import { planSecurity } from './security/security-plan.ts'
import { chooseServers } from './servers.ts'
import { convertSwagger2 } from './swagger2/convert-swagger2.ts'

/** Operations of any kind in one document; as many as an owner can say something about. */
const operationsMax = 2 * toolsOfToolsetMax

/** The importer of OpenAPI and Swagger documents. */
export const importOpenApi: Importer = (input) => {
  const { value } = readDocument(input.document)
  const given = checkVersion(value)
  const root = given.swagger === undefined ? given : convertSwagger2(given, input.server)
  const fields = createFieldCheck()
  fields.check('document', given, 'document')
  const references = createReferences(root)
  const { operations, notes: listed } = listOperations(root, { references, fields })
  if (operations.length > operationsMax) {
    refuseDocument(`The document has more than ${operationsMax} operations.`, {
      next: 'Split the document and make several toolsets of it.',
    })
  }
  const servers = chooseServers(
    root,
    input,
    operations.map(({ pathItem, source }) => ownServers(pathItem, source)),
  )
  const security = planSecurity({
    ...{ root, references, chosen: input.securityScheme },
    operations: operations.map(({ source }) => (isObject(source) ? source.security : undefined)),
    found: findShownSchemes(root, operations, references),
  })
  const openScope = createSchemaScopes(root, references)
  const made = operations.map((one) => makeTool(one, { references, openScope, security, servers }))
  const tools = made.map(({ tool }) => tool)
  const cutAnswers = made.filter(({ isAnswerCut }) => isAnswerCut).length
  return {
    format: 'openapi',
    ...readInfo(root),
    servers: servers.servers,
    origins: originsOf(tools, servers.base.origin),
    tools,
    schemes: security.schemes,
    secrets: uniqueSecrets(made.flatMap(({ secrets }) => secrets)),
    notes: [
      ...servers.notes,
      ...security.notes,
      ...listed,
      ...fields.notes(),
      ...(cutAnswers > 0
        ? [
            `The schemas of ${cutAnswers} answers are shortened: they are hints, and all of them would be too large.`,
          ]
        : []),
      ...noteOtherFiles(tools),
      ...noteUnencrypted(servers.base.origin),
    ],
  }
}

function checkVersion(value: Data): DataObject {
  if (!isObject(value)) return refuseDocument('The document is no object.')
  const { openapi, swagger } = value
  const version = scalarText(openapi ?? swagger)
  if (openapi === undefined && /^2(?:\.0)?$/.test(version)) return value
  if (/^3\.[012](?:\.|$|-)/.test(version)) return value
  return refuseDocument(
    version === ''
      ? 'The document does not say which version of OpenAPI it is: openapi is missing.'
      : `Its version ${quoteName(version)} is none that is taken.`,
    { next: 'OpenAPI 3.0, 3.1 and 3.2 and Swagger 2.0 are taken.' },
  )
}

function readInfo(root: DataObject): Pick<ImportedToolset, 'name' | 'title' | 'description'> {
  const info = isObject(root.info) ? root.info : {}
  const title = typeof info.title === 'string' ? info.title.trim() : ''
  const said = [info.summary, info.description].find((text) => typeof text === 'string')
  const description = typeof said === 'string' ? said.trim() : ''
  const plain = title.replaceAll(/\b(?:rest|http|web|open|public)?[ -]?api(?:s|\b)/gi, ' ')
  return {
    name: toToolsetName(plain.trim() === '' ? title : plain),
    ...(title !== '' && { title: cutText(title, 200) }),
    ...(description !== '' && { description: withoutKeys(cutText(description, 2000)) }),
  }
}

/** All origins that tools go to, that of the chosen server first. */
function originsOf(tools: readonly ImportedTool[], first: string): readonly string[] {
  const origins = tools.flatMap((tool) =>
    tool.outcome === 'refused' ? [] : [tool.definition.binding.origin],
  )
  return [...new Set([first, ...origins])].filter((origin) => origin !== '')
}

const secretsMax = 50

function uniqueSecrets(secrets: readonly ImportedSecret[]): readonly ImportedSecret[] {
  const byValue = new Map<string, ImportedSecret>()
  for (const secret of secrets) if (!byValue.has(secret.value)) byValue.set(secret.value, secret)
  return [...byValue.values()].slice(0, secretsMax)
}

/** Documents that are kept in many files are common, and one command makes one of them. */
const noteOtherFiles = (tools: readonly ImportedTool[]): readonly string[] =>
  tools.some(({ reason }) => reason?.includes('leads out of the document') === true)
    ? ['The document refers to other files: bundle it into one (`redocly bundle`) and import that.']
    : []

const noteUnencrypted = (origin: string): readonly string[] =>
  origin.startsWith('http:')
    ? ['The server is reached without encryption: whoever is in between could read the credential.']
    : []
