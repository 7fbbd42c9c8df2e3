import { type JsonSchema, Problem } from '@sallyport/contracts'
import type { ErrorObject } from 'ajv/dist/2020.js'
import { type ArgumentObject, copyArguments } from './argument-value.ts'
import { type FilledDefault, fillDefaults } from './fill-defaults.ts'
import { refuseArgument, refuseArguments } from './refuse-arguments.ts'
import { type CheckArguments, compileSchema } from './schema/compile-schema.ts'
import { explainFaults } from './schema/explain-faults.ts'
import { SchemaFault } from './schema/prepare-schema.ts'

/**
 * Checks the arguments of one tool against its whole schema and fills in defaults. The schema is compiled when a call needs it.
 * @param keep hands back what was compiled before, where it is kept
 * @throws (the function) Problem `invalid-arguments`
 */
export function createArgumentCheck(
  schema: JsonSchema,
  keep: (compile: () => CheckArguments) => CheckArguments,
): (args: Readonly<Record<string, unknown>>) => ArgumentObject {
  return (given) => {
    const check = refusing(keep(() => refusing(compileSchema)(schema)))
    const args = copyArguments(given)
    dropNulls(args, schema, check)
    const filled = fillDefaults(args, schema)
    const first = check(args)
    if (first.outcome === 'fits') return args
    const outcome =
      first.outcome === 'faults' && dropUnfit(filled, first.faults) ? check(args) : first
    if (outcome.outcome === 'fits') return args
    if (outcome.outcome === 'too-much')
      return refuseArgument(
        [],
        'are too many or too deep to be checked, or too much is wrong with them',
      )
    return refuseArguments(explainFaults(outcome.faults, outcome.root))
  }
}

/**
 * Some clients write `null` for every argument that they leave out. Where the schema takes no null there, it was left out: nothing
 * else could be meant by it. Members of arguments keep theirs, since a null within a body may say that something is to be cleared.
 */
function dropNulls(args: ArgumentObject, schema: JsonSchema, check: CheckArguments): void {
  const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : []
  const nulls = Object.keys(args).filter((name) => args[name] === null && !required.includes(name))
  if (nulls.length === 0) return
  const checked = check(args)
  if (checked.outcome !== 'faults') return
  const faulty = new Set(checked.faults.map(({ instancePath }) => instancePath))
  for (const name of nulls) if (faulty.has(placeOf([name]))) delete args[name]
}

/** A path as faults name it: a JSON Pointer (RFC 6901). */
const placeOf = (path: readonly string[]): string =>
  path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

/** A document may give a default that its own schema does not take: then that place stays empty. Says whether one was. */
function dropUnfit(filled: readonly FilledDefault[], faults: readonly ErrorObject[]): boolean {
  const places = faults.map(({ instancePath }) => `${instancePath}/`)
  const unfit = filled.filter(({ path }) => {
    const place = `${placeOf(path)}/`
    return places.some((one) => one.startsWith(place))
  })
  for (const { holder, name } of unfit) delete holder[name]
  return unfit.length > 0
}

/** A schema that cannot be used may be found out as late as when a value needs a part of it. */
const refusing =
  <Given, Made>(run: (given: Given) => Made) =>
  (given: Given): Made => {
    try {
      return run(given)
    } catch (cause) {
      if (!(cause instanceof SchemaFault)) throw cause
      throw new Problem('invalid-arguments', `No arguments fit this tool. ${cause.message}`, {
        next: 'An owner has to correct the schema of the tool and import it again.',
        fields: [{ field: 'arguments', message: 'cannot be checked' }],
        cause,
      })
    }
  }
