import { type Data, isList, isObject } from '../read-document.ts'
import { refuseDocument } from '../refuse-document.ts'
import type { Place } from '../yaml-tools/document-reader.ts'

/** The configuration that a Kubernetes resource of the plugin holds: of all requests, or of those that a rule matches. */
export function unwrapPlugin(value: Data): { value: Data | undefined; under: Place } {
  if (!isObject(value) || value.kind !== 'WasmPlugin' || !isObject(value.spec))
    return { value, under: [] }
  const { defaultConfig, matchRules } = value.spec
  const rules = isList(matchRules) ? matchRules : []
  const found = [
    { value: defaultConfig, under: ['spec', 'defaultConfig'] },
    ...rules.map((rule, at) => ({
      value: isObject(rule) ? rule.config : undefined,
      under: ['spec', 'matchRules', at, 'config'],
    })),
  ].filter(
    (one) =>
      isObject(one.value) && (one.value.server !== undefined || one.value.toolSet !== undefined),
  )
  const [only, second] = found
  if (only !== undefined && second === undefined) return only
  return refuseDocument(
    only === undefined
      ? 'The WasmPlugin holds no server with tools.'
      : `The WasmPlugin holds ${found.length} servers.`,
    { next: 'Import the configuration of one server by itself: server, tools.' },
  )
}
