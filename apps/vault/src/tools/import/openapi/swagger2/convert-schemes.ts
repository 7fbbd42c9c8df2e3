import { type Data, type DataObject, isObject } from '../../read-document.ts'

/** `securityDefinitions` as `components.securitySchemes`. */
export function convertSchemes(definitions: Data | undefined): DataObject {
  const schemes: Record<string, Data> = Object.create(null)
  if (!isObject(definitions)) return schemes
  for (const [name, definition] of Object.entries(definitions)) {
    if (isObject(definition)) schemes[name] = convertScheme(definition)
  }
  return schemes
}

const flowNames: Readonly<Record<string, string>> = {
  implicit: 'implicit',
  password: 'password',
  application: 'clientCredentials',
  accessCode: 'authorizationCode',
}

function convertScheme(definition: DataObject): Data {
  const { type, flow } = definition
  if (type === 'basic') return { ...definition, type: 'http', scheme: 'basic' }
  if (type !== 'oauth2') return definition
  const known =
    typeof flow === 'string' && Object.hasOwn(flowNames, flow) ? flowNames[flow] : undefined
  const { authorizationUrl, tokenUrl, scopes } = definition
  return { ...definition, flows: { [known ?? 'implicit']: { authorizationUrl, tokenUrl, scopes } } }
}
