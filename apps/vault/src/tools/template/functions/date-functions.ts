import { TemplateFault } from '../template.ts'
import {
  isMoment,
  type Moment,
  momentOf,
  msOf,
  numberOf,
  textOf,
  type Value,
} from '../template-value.ts'
import { formatDate, parseDate } from './date-layout.ts'
import { type FunctionRun, type FunctionTable, fixed } from './template-function.ts'

/** The last moment that a date can be written of, ms on either side of the epoch. */
const momentMax = 8.64e15

/** A moment; a number is seconds since the epoch, a text is RFC 3339 or a number. What is none is now, as Sprig has it. */
function timeOf(value: Value, run: FunctionRun): Moment {
  if (isMoment(value)) return value
  if (typeof value === 'number') return checked(value * 1000)
  const text = textOf(value).trim().slice(0, 64)
  if (/^-?\d{1,13}(?:\.\d{1,9})?$/.test(text)) return checked(Number(text) * 1000)
  const ms = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text.replace(' ', 'T')) : Number.NaN
  return momentOf(Number.isNaN(ms) ? run.world.now() : ms)
}

function checked(ms: number): Moment {
  if (Math.abs(ms) <= momentMax) return momentOf(ms)
  throw new TemplateFault('a date lies too far away.')
}

function write([layout, value, zone]: readonly Value[], run: FunctionRun): string {
  // A zone is looked up each time.
  run.spend(zone === undefined ? 20 : 1500)
  return formatDate(msOf(timeOf(value, run)), textOf(layout), textOf(zone))
}

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** `-1.5h30m` in ms. */
function durationOf(text: string): number {
  const [, sign = '', parts = ''] =
    /^([+-]?)((?:\d{1,12}(?:\.\d{1,6})?(?:ms|s|m|h)){1,8})$/.exec(text) ?? []
  if (parts === '')
    throw new TemplateFault(`${JSON.stringify(text.slice(0, 40))} is no duration such as -24h.`)
  let ms = 0
  for (const [, amount, unit = ''] of parts.matchAll(/([\d.]+)(ms|s|m|h)/g)) {
    ms += Number(amount) * (unitsMs[unit] ?? 0)
  }
  return sign === '-' ? -ms : ms
}

/** `2h3m4s` */
function durationText(seconds: number): string {
  const [hours, minutes, rest] = [
    Math.trunc(seconds / 3600),
    Math.trunc((seconds % 3600) / 60),
    seconds % 60,
  ]
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${rest}s`
}

const modify = fixed(2, ([change, value], run) =>
  checked(msOf(timeOf(value, run)) + durationOf(textOf(change))),
)
const inZone = fixed(3, write)

export const dateFunctions: FunctionTable = {
  now: fixed(0, (_, run) => momentOf(run.world.now())),
  date: fixed(2, write),
  dateInZone: inZone,
  date_in_zone: inZone,
  dateFormat: fixed(2, write),
  htmlDate: fixed(1, ([value], run) => write(['2006-01-02', value], run)),
  dateModify: modify,
  date_modify: modify,
  unixEpoch: fixed(1, ([value], run) => String(Math.floor(msOf(timeOf(value, run)) / 1000))),
  toDate: fixed(2, ([layout, text]) => {
    const ms = parseDate(textOf(text), textOf(layout))
    if (ms === undefined) throw new TemplateFault('toDate was given a text that is not written so.')
    return momentOf(ms)
  }),
  ago: fixed(1, ([value], run) =>
    durationText(Math.max(0, Math.round((run.world.now() - msOf(timeOf(value, run))) / 1000))),
  ),
  duration: fixed(1, ([seconds]) => durationText(Math.trunc(numberOf(seconds)))),
}
