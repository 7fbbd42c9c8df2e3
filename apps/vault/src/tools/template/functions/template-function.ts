import type { TemplateWorld } from '../template.ts'
import type { Value } from '../template-value.ts'

/** What a function may use while it runs. */
export interface FunctionRun {
  readonly world: TemplateWorld
  /** Counts work: about one for each character or element that is looked at or made. @throws TemplateFault at the bound */
  spend(work: number): void
}

/** A function of the template language. */
export interface TemplateFunction {
  /** How many arguments it takes; a piped value is the last one. */
  readonly min: number
  readonly max: number
  /** @throws TemplateFault where it refuses its arguments */
  run(args: readonly Value[], run: FunctionRun): Value
}

/** Functions by name. */
export type FunctionTable = Readonly<Record<string, TemplateFunction>>

/** No function takes more arguments. */
export const argumentsMax = 100

/** A function that takes exactly so many arguments. */
export const fixed = (count: number, run: TemplateFunction['run']): TemplateFunction => ({
  min: count,
  max: count,
  run,
})

/** A function that takes at least so many. */
export const atLeast = (min: number, run: TemplateFunction['run']): TemplateFunction => ({
  min,
  max: argumentsMax,
  run,
})

/** A function that takes between so many. */
export const between = (
  [min, max]: readonly [number, number],
  run: TemplateFunction['run'],
): TemplateFunction => ({ min, max, run })

const searchedPerWork = 100_000

/** Counts what looking for a part in a text costs at worst: the one times the other. */
export const spendSearch = (run: FunctionRun, part: string, text: string): void =>
  run.spend(Math.ceil((part.length * text.length) / searchedPerWork))
