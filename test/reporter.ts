import type { Reporter, TestCase, TestModule } from 'vitest/node'

/**
 * Ends a run with one plain line, `12 passed, 0 failed` (and `, 3 skipped`), after the reason of each skipped test and after what
 * went wrong with each that passed only at its second try: a rare fault of the product looks like that.
 * A file that could not be loaded and an error outside of any test count as failed.
 */
export function createPlainSummary(): Reporter {
  return {
    onTestRunEnd(modules, unhandledErrors) {
      const tests = modules.flatMap((module) => [...module.children.allTests()])
      const inState = (state: string) => tests.filter((test) => test.result().state === state)
      const skipped = inState('skipped')
      const failed =
        inState('failed').length + modules.filter(isBroken).length + unhandledErrors.length
      // Written when vitest has said everything it has to say, so that the line is the last one.
      process.once('exit', () => {
        for (const test of inState('passed')) process.stdout.write(describeFirstTries(test))
        for (const test of skipped) process.stdout.write(`skipped: ${describeSkip(test)}\n`)
        const tail = skipped.length > 0 ? `, ${skipped.length} skipped` : ''
        process.stdout.write(`${inState('passed').length} passed, ${failed} failed${tail}\n`)
      })
    },
  }
}

/** A module that could not be loaded, or one with a suite whose hooks failed: no test of it says so. */
function isBroken(module: TestModule): boolean {
  const suites = [...module.children.allSuites()]
  return module.errors().length > 0 || suites.some((suite) => suite.errors().length > 0)
}

/** A reason stands in `context.skip('…')`, or in the name: "… (needs nginx)". */
function describeSkip(test: TestCase): string {
  const result = test.result()
  const note = result.state === 'skipped' ? result.note : undefined
  return `${test.module.relativeModuleId}: ${test.fullName}${note === undefined ? '' : `: ${note}`}`
}

/** Empty where it passed at once. */
function describeFirstTries(test: TestCase): string {
  const errors = test.result().errors ?? []
  if (errors.length === 0) return ''
  const said = errors.map(({ message, diff, stack }) =>
    [message, diff, stack?.replace(message, '')].filter(Boolean).join('\n').replace(/^/gm, '  '),
  )
  return `tried again: ${test.module.relativeModuleId}: ${test.fullName}\n${said.join('\n')}\n`
}
