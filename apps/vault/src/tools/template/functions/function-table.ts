import { dateFunctions } from './date-functions.ts'
import { listFunctions } from './list-functions.ts'
import { numberFunctions } from './number-functions.ts'
import { patternFunctions } from './pattern-functions.ts'
import type { TemplateFunction } from './template-function.ts'
import { textFunctions } from './text-functions.ts'
import { valueFunctions } from './value-functions.ts'

/** All functions of the language but `and` and `or`. None reaches the network, files, the environment or a secret. */
const functions: ReadonlyMap<string, TemplateFunction> = new Map(
  [
    textFunctions,
    numberFunctions,
    listFunctions,
    valueFunctions,
    dateFunctions,
    patternFunctions,
  ].flatMap((table) => Object.entries(table)),
)

/** The function of this name; undefined where there is none. */
export const functionNamed = (name: string): TemplateFunction | undefined => functions.get(name)

/** The names of all functions, in order. */
export const functionNames = (): string[] => ['and', 'or', ...functions.keys()].sort()
