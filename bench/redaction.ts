import { sensitiveKinds } from '@sallyport/contracts'
import { compileSensitive } from '../apps/vault/src/policy/sensitive/compile-sensitive.ts'
import { cleanCorpus } from '../test/corpus/clean.ts'
import { manners } from '../test/corpus/manners.ts'
import { measureClean, measureManner, measurePlanted } from '../test/corpus/measure.ts'
import { plantedPasswords } from '../test/corpus/planted.ts'
import { type Goal, type Measured, median, rounded } from './results.ts'

// How often the finder of sensitive data is wrong, on the corpus that tests measure a little of, and what it costs beside reading
// the same text as JSON.

/** Not the seed that the finder was written with and that the tests use. */
const seed = 190_711
const plantedEach = 1000
const cleanChars = 4_000_000
const rounds = 7
const timedChars = 1_000_000
/** Of all that was tried, what costs most for each character: nearly a number, again and again. */
const worstUnits = ['12-34-', '\u200b00\u2011', '0171 ', '123-45-6789 ', 'token=']

/** What people write who look for such things without a finder: six expressions, no check, no words nearby. */
const plainExpressions = [
  /[\w.+-]+@[\w-]+\.[\w.-]+/g,
  /https?:\/\/[^\s"<>]+/g,
  /\b(?:\d[ -]?){12,18}\d\b/g,
  /\b\d{3}-\d{2}-\d{4}\b/g,
  /\b(?:\d{1,3}\.){3}\d{1,3}\b/g,
  /\+?\d[\d ().-]{7,}\d/g,
]

/** Measures what is found, what is missed, and the time that it takes. */
export async function benchRedaction(): Promise<Measured> {
  const figures: Record<string, number> = {}
  let missedMost = 0
  let nearMissesTaken = 0
  for (const kind of sensitiveKinds) {
    const { right, found, wrong, taken } = measurePlanted(compileSensitive([kind]), {
      kind,
      count: plantedEach,
      seed,
    })
    figures[`${kind}: found of ${right}`] = found
    if (wrong > 0) figures[`${kind}: near misses taken of ${wrong}`] = taken
    missedMost = Math.max(missedMost, 1 - found / right)
    nearMissesTaken += taken
  }
  const passwords = plantedPasswords({ count: plantedEach, seed })
  const secrets = compileSensitive(['secret'])
  const passwordsFound = passwords.filter(({ text, start, end }) =>
    secrets.find(text).some((one) => one.start <= start && one.end >= end),
  ).length
  figures[`passwords by their names: found of ${passwords.length}`] = passwordsFound
  for (const [name, manner] of Object.entries(manners)) {
    let [right, found] = [0, 0]
    for (const kind of sensitiveKinds) {
      const how = { kind, count: plantedEach / 10, seed }
      const tally = measureManner(compileSensitive([kind]), manner, how)
      right += tally.right
      found += tally.found
    }
    figures[`written with ${name}: found, percent of ${right}`] = Math.floor((100 * found) / right)
  }
  const clean = cleanCorpus({ chars: cleanChars, seed })
  let strays = 0
  for (const kind of sensitiveKinds) {
    const count = measureClean(compileSensitive([kind]), clean)
    figures[`${kind}: found wrongly in ${cleanChars / 1e6} million characters`] = count
    strays += count
  }
  const speed = measureSpeed()
  const goal = (what: string, figure: number, bound: number): Goal => ({
    what,
    figure: rounded(figure),
    unit: '',
    bound,
    better: 'less',
  })
  return {
    rounds,
    goals: [
      goal(
        'redaction, the kind that is missed most: share of its planted values',
        missedMost,
        0.02,
      ),
      goal('redaction, near misses with a wrong check that are taken', nearMissesTaken, 0),
      goal(
        'redaction, found wrongly in a million characters, all kinds together',
        (strays * 1e6) / cleanChars,
        10,
      ),
      goal('redaction, all kinds, time by that of six plain expressions', speed.ratio, 10),
      goal('redaction, the worst text, time by that of the clean one', speed.worstRatio, 10),
      goal('redaction, a character in 4 million by one in 1 million', speed.growth, 1.5),
    ],
    figures: { ...figures, ...speed.figures },
    notes: [],
  }
}

function measureSpeed() {
  const all = compileSensitive(['all'])
  const numbers = compileSensitive(['financial', 'us_ssn'])
  const answers = cleanCorpus({ chars: timedChars, seed }).text.split('\n\n')
  const json = JSON.stringify(answers)
  const chars = json.length
  const worst = worstUnits.map((unit) => unit.repeat(Math.ceil(chars / 8 / unit.length)))
  const [mostCostly = ''] = worst
    .map((text) => ({ text, ms: timeMs(() => all.redact(text)) }))
    .toSorted((a, b) => b.ms - a.ms)
    .map(({ text }) => text)
  const samples = Array.from({ length: rounds }, () => ({
    parse: timeMs(() => JSON.parse(json)),
    redact: timeMs(() => answers.map((one) => all.redact(one))),
    plain: timeMs(() =>
      answers.map((one) =>
        plainExpressions.reduce((text, expression) => text.replace(expression, '[redacted]'), one),
      ),
    ),
    some: timeMs(() => answers.map((one) => numbers.redact(one))),
    worst: timeMs(() => all.redact(mostCostly)) * 8,
  }))
  const of = (read: (sample: (typeof samples)[number]) => number) => median(samples.map(read))
  const unit = worstUnits[0] ?? ''
  const short = timeMs(() => all.redact(unit.repeat(1e6 / unit.length)))
  const long = timeMs(() => all.redact(unit.repeat(4e6 / unit.length)))
  const mbPerSecond = (ms: number) => rounded(chars / 1e3 / ms)
  return {
    ratio: of(({ redact, plain }) => redact / plain),
    worstRatio: of(({ worst: most, redact }) => most / redact),
    growth: long / 4 / short,
    figures: {
      'all kinds, MB/s': mbPerSecond(of(({ redact }) => redact)),
      'financial and us_ssn, MB/s': mbPerSecond(of(({ some }) => some)),
      'six plain expressions, MB/s': mbPerSecond(of(({ plain }) => plain)),
      'JSON.parse, MB/s': mbPerSecond(of(({ parse }) => parse)),
      'all kinds, time by that of JSON.parse': rounded(of(({ redact, parse }) => redact / parse)),
      'all kinds, the worst text, MB/s': mbPerSecond(of(({ worst: most }) => most)),
    },
  }
}

/** CPU time, because the finder does nothing else and other processes share the machine. */
function timeMs(work: () => unknown): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
