import type { TestError } from 'vitest'
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node'

/** Of one error: some hold all that a process said. */
const linesMax = 30

/**
 * Ends a run with one plain line, `12 passed, 0 failed` (and `, 3 skipped`), after the reason of each skipped test, what went wrong
 * with each that passed only at a later try, since a rare fault of the product looks like that, and what failed: where only the end
 * of a long output is kept, that is what one looks for.
 * A file that could not be loaded and an error outside of any test count as failed.
 */
export function createPlainSummary(): Reporter {
  return {
    onTestRunEnd(modules, unhandledErrors) {
      const tests = modules.flatMap((module) => [...module.children.allTests()])
      const inState = (state: string) => tests.filter((test) => test.result().state === state)
      const skipped = inState('skipped')
      const broken = modules.flatMap(brokenParts)
      const failed = inState('failed').length + broken.length + unhandledErrors.length
      // Written when vitest has said everything it has to say, so that the line is the last one.
      process.once('exit', () => {
        for (const test of skipped) process.stdout.write(`skipped: ${describeSkip(test)}\n`)
        for (const test of inState('passed')) process.stdout.write(describe('tried again', test))
        for (const test of inState('failed')) process.stdout.write(describe('failed', test))
        for (const part of broken) process.stdout.write(describe('failed', part))
        for (const error of unhandledErrors) {
          process.stdout.write(`failed outside of any test\n${describeError(error)}\n`)
        }
        const tail = skipped.length > 0 ? `, ${skipped.length} skipped` : ''
        process.stdout.write(`${inState('passed').length} passed, ${failed} failed${tail}\n`)
      })
    },
  }
}

/** The module where it could not be loaded, and suites whose hooks failed: no test of them says so. */
function brokenParts(module: TestModule): (TestModule | TestSuite)[] {
  return [module, ...module.children.allSuites()].filter((part) => part.errors().length > 0)
}

/** A reason stands in `context.skip('…')`, or in the name: "… (needs nginx)". */
function describeSkip(test: TestCase): string {
  const result = test.result()
  const note = result.state === 'skipped' ? result.note : undefined
  return `${nameOf(test)}${note === undefined ? '' : `: ${note}`}`
}

/** Empty where nothing went wrong. */
function describe(what: string, part: TestModule | TestSuite | TestCase): string {
  const errors = part.type === 'test' ? (part.result().errors ?? []) : part.errors()
  if (errors.length === 0) return ''
  return `${what}: ${nameOf(part)}\n${errors.map(describeError).join('\n')}\n`
}

function nameOf(part: TestModule | TestSuite | TestCase): string {
  return part.type === 'module'
    ? part.relativeModuleId
    : `${part.module.relativeModuleId}: ${part.fullName}`
}

function describeError({ message, diff, stack }: TestError): string {
  const said = [message, diff, stack?.replace(message, '')].filter(Boolean).join('\n').split('\n')
  return said.slice(0, linesMax).join('\n').replace(/^/gm, '  ')
}
