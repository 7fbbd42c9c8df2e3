import { TemplateFault } from '../template.ts'

// Dates as Go writes them: a layout is an example, `2006-01-02 15:04:05`, of the moment Mon Jan 2 15:04:05 MST 2006.

/** The most characters of a layout. */
const layoutCharactersMax = 200

/** The parts of a layout, longer ones first where one begins another. */
const part =
  /January|Jan|Monday|Mon|MST|2006|-07:00|-0700|-07|Z07:00|Z0700|002|01|02|03|04|05|06|15|PM|pm|_2|[.,](?:0{1,9}|9{1,9})(?!\d)|1|2|3|4|5/g

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const
const weekdays = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
] as const

/**
 * A moment by a layout, in a time zone of the IANA's list; UTC unless one is given.
 * @throws TemplateFault for a zone that is not known
 */
export function formatDate(ms: number, layout: string, zone: string): string {
  if (layout.length > layoutCharactersMax) {
    throw new TemplateFault(`a layout has at most ${layoutCharactersMax} characters.`)
  }
  const offsetMs = offsetIn(zone, ms)
  // The wall clock of the zone, read as if it were UTC.
  const local = new Date(ms + offsetMs)
  const abbreviation = offsetMs === 0 ? 'UTC' : offsetText(offsetMs, '')
  return layout.replace(part, (name) => partText(name, local, { offsetMs, abbreviation }))
}

function offsetIn(zone: string, ms: number): number {
  if (zone === '' || zone === 'UTC' || zone === 'Local') return 0
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
    const name = format.formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? ''
    const [, sign, hours = '0', minutes = '0', seconds = '0'] =
      /([+-])(\d\d):?(\d\d)?:?(\d\d)?/.exec(name) ?? []
    const offset = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000
    return sign === '-' ? -offset : offset
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    throw new TemplateFault(`there is no time zone ${JSON.stringify(zone.slice(0, 60))}.`)
  }
}

const two = (value: number): string => String(value).padStart(2, '0')

function offsetText(offsetMs: number, separator: string): string {
  const minutes = Math.abs(Math.trunc(offsetMs / 60_000))
  return `${offsetMs < 0 ? '-' : '+'}${two(Math.trunc(minutes / 60))}${separator}${two(minutes % 60)}`
}

interface ZoneText {
  readonly offsetMs: number
  readonly abbreviation: string
}

function partText(name: string, local: Date, { offsetMs, abbreviation }: ZoneText): string {
  const hour = local.getUTCHours()
  const texts: Readonly<Record<string, string>> = {
    January: months[local.getUTCMonth()] ?? '',
    Jan: (months[local.getUTCMonth()] ?? '').slice(0, 3),
    Monday: weekdays[local.getUTCDay()] ?? '',
    Mon: (weekdays[local.getUTCDay()] ?? '').slice(0, 3),
    MST: abbreviation,
    2006: String(local.getUTCFullYear()).padStart(4, '0'),
    '06': two(local.getUTCFullYear() % 100),
    '01': two(local.getUTCMonth() + 1),
    1: String(local.getUTCMonth() + 1),
    '02': two(local.getUTCDate()),
    _2: String(local.getUTCDate()).padStart(2),
    2: String(local.getUTCDate()),
    '002': String(dayOfYear(local)).padStart(3, '0'),
    15: two(hour),
    '03': two(hour % 12 || 12),
    3: String(hour % 12 || 12),
    '04': two(local.getUTCMinutes()),
    4: String(local.getUTCMinutes()),
    '05': two(local.getUTCSeconds()),
    5: String(local.getUTCSeconds()),
    PM: hour < 12 ? 'AM' : 'PM',
    pm: hour < 12 ? 'am' : 'pm',
    '-0700': offsetText(offsetMs, ''),
    '-07:00': offsetText(offsetMs, ':'),
    '-07': offsetText(offsetMs, '').slice(0, 3),
    Z0700: offsetMs === 0 ? 'Z' : offsetText(offsetMs, ''),
    'Z07:00': offsetMs === 0 ? 'Z' : offsetText(offsetMs, ':'),
  }
  return texts[name] ?? fraction(name, local.getUTCMilliseconds())
}

const dayOfYear = (local: Date): number =>
  Math.floor(
    (Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()) -
      Date.UTC(local.getUTCFullYear(), 0, 1)) /
      86_400_000,
  ) + 1

/** `.000` keeps its digits, `.999` drops zeros at the end. */
function fraction(name: string, ms: number): string {
  const digits = String(ms)
    .padStart(3, '0')
    .padEnd(9, '0')
    .slice(0, name.length - 1)
  if (name.includes('0')) return `${name.charAt(0)}${digits}`
  const short = digits.replace(/0+$/, '')
  return short === '' ? '' : `${name.charAt(0)}${short}`
}

/** The moment that a text means by a layout of numbers, read as UTC; undefined where it is not written so. */
export function parseDate(text: string, layout: string): number | undefined {
  if (layout.length > layoutCharactersMax || text.length > layoutCharactersMax) return undefined
  const found: Record<string, number> = {}
  let at = 0
  let literalFrom = 0
  for (const match of layout.matchAll(part)) {
    const literal = layout.slice(literalFrom, match.index)
    if (!text.startsWith(literal, at)) return undefined
    at += literal.length
    const read = readPart(match[0], text, at)
    if (read === undefined) return undefined
    found[match[0]] = read.value
    at = read.end
    literalFrom = match.index + match[0].length
  }
  if (text.slice(at) !== layout.slice(literalFrom)) return undefined
  const pick = (...names: string[]) =>
    names.map((name) => found[name]).find((one) => one !== undefined)
  const month = pick('01', '1', 'January', 'Jan') ?? 1
  return Date.UTC(
    pick('2006') ?? 1970,
    month - 1,
    pick('02', '2', '_2') ?? 1,
    pick('15') ?? 0,
    pick('04', '4') ?? 0,
    pick('05', '5') ?? 0,
  )
}

function readPart(
  name: string,
  text: string,
  at: number,
): { value: number; end: number } | undefined {
  if (name === 'January' || name === 'Jan') {
    const index = months.findIndex((month) =>
      text.startsWith(name === 'Jan' ? month.slice(0, 3) : month, at),
    )
    const month = months[index]
    return month === undefined
      ? undefined
      : { value: index + 1, end: at + (name === 'Jan' ? 3 : month.length) }
  }
  const width = name === '2006' ? /^\d{4}/ : /^0|15/.test(name) ? /^\d\d/ : /^ ?\d\d?/
  const [digits] = width.exec(text.slice(at, at + 4)) ?? []
  return digits === undefined ? undefined : { value: Number(digits), end: at + digits.length }
}
