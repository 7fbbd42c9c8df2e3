import { isPlaceholder, isSecret } from '../curl/known-secrets.ts'
import { type Data, type DataObject, isObject } from '../read-document.ts'

/** One value of `server.config`, under its path: `credentials.api_key.data`. */
export interface ConfigValue {
  readonly path: string
  readonly text: string
  /** By its name or its looks it is a key. */
  readonly isSecret: boolean
  /** It has a value that is none of those that stand for one to be filled in. */
  readonly isGiven: boolean
}

const valuesMax = 500
const depthMax = 10

/** Names that say “key” where they name what goes with a request; shorter ones than known-secrets.ts knows. */
const keyNames =
  /(?:^|[._-])(?:ak|sk|app_?code|app_?id|app_?key|apikey|api_?key|key|token|secret|password|passwd|pwd|auth|authorization|credential|credentials|cookie|jwt|sign|signature)$/i
const keyEndings = /[a-z0-9](?:Key|Token|Secret|Password|Auth|Credential|AppCode)$/

/** Whether a value under this name goes where a key goes. */
export const soundsSecret = (name: string): boolean => keyNames.test(name) || keyEndings.test(name)

/** All values of `server.config`; what an owner gives as `variables` goes before what stands there. */
export function readConfigValues(
  config: DataObject,
  variables: Readonly<Record<string, string>> = {},
): ReadonlyMap<string, ConfigValue> {
  const values = new Map<string, ConfigValue>()
  const visit = (value: Data | undefined, path: string, depth: number): void => {
    if (values.size >= valuesMax || depth > depthMax || value === undefined) return
    if (isObject(value)) {
      for (const [name, one] of Object.entries(value))
        visit(one, path === '' ? name : `${path}.${name}`, depth + 1)
      return
    }
    const written =
      value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)
    const text = (Object.hasOwn(variables, path) ? variables[path] : undefined) ?? written
    const secret = isSecretPath(path) || isSecret('', text)
    values.set(path, { path, text, isSecret: secret, isGiven: text !== '' && !isPlaceholder(text) })
  }
  visit(config, '', 0)
  return values
}

/** `credentials.api_key.data` is a secret by any of its names. */
function isSecretPath(path: string): boolean {
  const names = path.split('.')
  return (
    names.some((name) => soundsSecret(name) && !/^(?:code|auth)$/i.test(name)) ||
    names.some((name) => isSecret(name, 'x'))
  )
}
