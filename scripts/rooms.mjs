// Holds the imports of the code against the plan of the house: every rule of dependency-cruiser.config.mjs, for files and
// for folders. Prints one line for each breach and fails when there is one.
import { stdout } from 'node:process'
import { cruise } from 'dependency-cruiser'
import config, { folderRules } from '../dependency-cruiser.config.mjs'

const { options, forbidden } = config

async function breachesOf(folders, rules, exclude) {
  const { output } = await cruise(folders, {
    ...options,
    exclude,
    validate: true,
    ruleSet: { forbidden: rules },
  })
  return output.summary.violations.map(({ rule, from, to, cycle }) => {
    const way = (cycle ?? []).map(({ name }) => name)
    return `${rule.name}: ${[from, ...(way.length > 0 ? way : [to])].join(' → ')}`
  })
}

const exceptTests = { path: `${options.exclude.path}|\\.test(-d)?\\.ts$` }
const found = [
  ...(await breachesOf(
    ['apps', 'packages', 'test', 'bench', 'scripts'],
    forbidden,
    options.exclude,
  )),
  ...(await breachesOf(['apps', 'packages'], folderRules, exceptTests)),
]
const breaches = [...new Set(found)]
for (const breach of breaches) stdout.write(`${breach}\n`)
if (breaches.length > 0) {
  stdout.write('Why each rule stands: dependency-cruiser.config.mjs\n')
  process.exitCode = 1
}
