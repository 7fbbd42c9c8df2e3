import {
  _,
  Ajv2020,
  type CodeKeywordDefinition,
  type ErrorObject,
  Name,
  type ValidateFunction,
} from 'ajv/dist/2020.js'
import type { SchemaValidateFunction } from 'ajv/dist/types/index.js'
import canonicalize from 'canonicalize'
import type { ArgumentObject } from '../argument-value.ts'
import { createFormats } from './formats.ts'
import {
  type Budget,
  BudgetSpent,
  compileLinearPattern,
  type LinearPattern,
  spend,
} from './linear-pattern.ts'
import { prepareSchema, referenceKeyword, SchemaFault, stepKeyword } from './prepare-schema.ts'
import { resolveReference } from './resolve-reference.ts'

/** What the check of one call may cost; a step is one part of the schema looked at once. */
const stepsMax = 1_000_000

/**
 * Each step costs one more for so many faults that are held: behind a reference ajv copies all of them for each further one. So no
 * more than about 16 000 are, those of a branch that does not count in the end among them.
 */
const faultsPerStep = 128

/** What checking came to. */
export type CheckOutcome =
  | { readonly outcome: 'fits' }
  /** With the schema that they are faults of, as it was compiled. */
  | { readonly outcome: 'faults'; readonly faults: readonly ErrorObject[]; readonly root: unknown }
  /** It would take too long, go too deep, or find too much wrong. */
  | { readonly outcome: 'too-much' }

/** Checks arguments against one schema. Nothing is changed, filled in or coerced. */
export type CheckArguments = (args: ArgumentObject) => CheckOutcome

/**
 * Compiles a JSON Schema (2020-12). Each has a validator of its own: no schema sees another, and all of it goes when it goes.
 * @throws SchemaFault for a schema that cannot be used
 */
export function compileSchema(root: unknown): CheckArguments {
  const budget: Budget = { steps: 0 }
  const patterns = new Map<string, LinearPattern | undefined>()
  const patternOf = (pattern: string): LinearPattern | undefined => {
    if (!patterns.has(pattern)) patterns.set(pattern, compileLinearPattern(pattern, budget))
    return patterns.get(pattern)
  }
  const schema = prepareSchema(root, (pattern) => patternOf(pattern) !== undefined)
  const ajv = new Ajv2020({
    strict: false,
    meta: false,
    validateSchema: false,
    logger: false,
    allErrors: true,
    verbose: true,
    inlineRefs: false,
    formats: createFormats(budget),
    code: {
      // A schema is compiled far more often than that would pay: half of the time goes into it.
      optimize: false,
      regExp: Object.assign(
        // Its text is what tells one pattern from another.
        (pattern: string) => ({
          test: (text: string) => patternOf(pattern)?.test(text) ?? true,
          toString: () => `/${pattern}/`,
        }),
        { code: 'linear' },
      ),
    },
  })
  addKeywords(ajv, budget)
  addReferences(ajv, schema)
  const validate = compile(ajv, schema)
  return (args) => {
    budget.steps = stepsMax
    try {
      if (validate(args) === true) return { outcome: 'fits' }
      return { outcome: 'faults', faults: validate.errors ?? [], root: schema }
    } catch (thrown) {
      // RangeError: a schema that refers to itself without end, or arguments as deep.
      if (thrown instanceof BudgetSpent || thrown instanceof RangeError)
        return { outcome: 'too-much' }
      throw thrown
    }
  }
}

function compile(ajv: Ajv2020, schema: boolean | Record<string, unknown>) {
  try {
    return ajv.compile(schema)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'it cannot be read'
    throw new SchemaFault(`The schema cannot be used: ${why}.`, { cause })
  }
}

/** References whose targets are compiled when a value first needs them: documents have whole webs of schemas behind one. */
function addReferences(ajv: Ajv2020, root: unknown): void {
  const checks = new Map<string, ValidateFunction>()
  const checkOf = (reference: string): ValidateFunction => {
    const known = checks.get(reference)
    if (known !== undefined) return known
    const target = resolveReference(reference, root)
    if (typeof target !== 'boolean' && (typeof target !== 'object' || target === null)) {
      throw new SchemaFault(`The schema refers to ${reference.slice(0, 100)}, which is not there.`)
    }
    const check = compile(ajv, target as Record<string, unknown>)
    checks.set(reference, check)
    return check
  }
  const validate: SchemaValidateFunction = (...[reference, data, , place]) => {
    const check = checkOf(reference)
    const fits = check(data, place) === true
    validate.errors = check.errors ?? []
    return fits
  }
  ajv.addKeyword({ keyword: referenceKeyword, errors: 'full', validate })
}

/** Equal values have equal texts. A text is its own, behind a quote that nothing else begins with: it is not written anew. */
const textOf = (value: unknown): string =>
  typeof value === 'string' ? `"${value}` : (canonicalize(value) ?? '')
/** Writing a value down and comparing it costs by its length; a text is only compared. */
const charsPerStep = 20
const textCharsPerStep = 1000

/**
 * Equality by canonical JSON: it takes linear time, and is not misled by members that are named like methods, as ajv's own is.
 */
function addKeywords(ajv: Ajv2020, budget: Budget): void {
  // Branches of documents overlap, told apart by a discriminator or not at all: which was meant the upstream knows.
  const anyOf = ajv.getKeyword('anyOf')
  if (typeof anyOf === 'boolean') throw new Error('ajv does not tell what anyOf is')
  ajv.removeKeyword('oneOf')
  ajv.addKeyword({ ...anyOf, keyword: 'oneOf' })
  for (const keyword of ['enum', 'const', 'uniqueItems']) ajv.removeKeyword(keyword)
  const read = (data: unknown): string => {
    const text = textOf(data)
    const perStep = typeof data === 'string' ? textCharsPerStep : charsPerStep
    spend(budget, Math.ceil(text.length / perStep))
    return text
  }
  const oneOfValues = (values: readonly unknown[]) => {
    const texts = new Set(values.map(textOf))
    const isPlain = values.every((value) => typeof value !== 'object')
    return (data: unknown) => (typeof data !== 'object' || !isPlain) && texts.has(read(data))
  }
  ajv.addKeyword({ keyword: 'enum', compile: oneOfValues })
  ajv.addKeyword({ keyword: 'const', compile: (value: unknown) => oneOfValues([value]) })
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    compile: (isOn: unknown) => (data: unknown[]) =>
      isOn !== true || new Set(data.map(read)).size === data.length,
  })
  const step = (faults: number) => spend(budget, 1 + Math.floor(faults / faultsPerStep))
  const definition: CodeKeywordDefinition = {
    keyword: stepKeyword,
    code({ gen }) {
      // Where ajv counts what it has found.
      gen.code(_`${gen.scopeValue('func', { ref: step })}(${new Name('errors')})`)
    },
  }
  ajv.addKeyword(definition)
}
