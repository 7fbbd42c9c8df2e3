import { isForbiddenRequestHeader } from '../../../execute/request-headers.ts'
import type { ImportedSecret } from '../imported-toolset.ts'
import { quoteName } from '../refuse-document.ts'
import { findSecrets, isKeyParameter } from './credential-parameters.ts'
import { refuseOperation } from './operation-refused.ts'
import type { Parameter } from './read-parameters.ts'
import type { SecurityPlan } from './security/security-plan.ts'

/** The parameters that a tool has, and what became of the others. */
export interface SortedParameters {
  readonly kept: readonly Parameter[]
  readonly changes: readonly string[]
  readonly secrets: readonly ImportedSecret[]
}

/** OpenAPI says that a header parameter of one of these names is ignored (3.1 §4.8.12.1). */
const ignoredHeaders: ReadonlySet<string> = new Set(['accept', 'content-type', 'authorization'])

/** What whoever sends a request writes of the message itself (RFC 9110 §7.6.1, §8.6, §12.5.3). */
const ownHeaders: ReadonlySet<string> = new Set([
  ...['accept-encoding', 'connection', 'content-length', 'host', 'keep-alive', 'te'],
  'transfer-encoding',
])

/**
 * Leaves out what no caller gives: the credential's own place, what OpenAPI ignores, and headers that the vault never passes.
 * @throws OperationRefused where it cannot do without
 */
export function sortParameters(
  parameters: readonly Parameter[],
  { security, key }: { readonly security: SecurityPlan; readonly key: string },
): SortedParameters {
  const kept: Parameter[] = []
  const changes: string[] = []
  const secrets: ImportedSecret[] = []
  for (const parameter of parameters) {
    const { name, place } = parameter
    const scheme = security.schemeOfParameter(place, name)
    const said = `The ${place} parameter ${quoteName(name)} is left out:`
    if (scheme !== undefined || isKeyParameter(parameter)) {
      changes.push(`${said} the credential goes there.`)
      secrets.push(...findSecrets(parameter, scheme, `${key}, ${place} parameter ${name}`))
    } else if (place === 'header' && ignoredHeaders.has(name.toLowerCase())) {
      changes.push(`${said} OpenAPI has it ignored, since other parts of the document say it.`)
    } else if (place === 'header' && ownHeaders.has(name.toLowerCase())) {
      changes.push(`${said} the vault writes this header itself.`)
    } else if (place === 'header' && isForbiddenRequestHeader(name)) {
      if (parameter.required) {
        refuseOperation(`It needs the header ${quoteName(name)}, which the vault never passes on.`)
      }
      changes.push(`${said} the vault never passes this header on.`)
    } else kept.push(parameter)
  }
  return { kept, changes, secrets }
}
