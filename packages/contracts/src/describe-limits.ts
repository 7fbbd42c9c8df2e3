import { httpMethods } from './http-method.ts'
import type { Budget, Limits, RateLimits } from './limits.ts'

// The words for limits: for the owner who reads a policy, and for whoever is refused by one.

const kibibyte = 1024
const amounts: Readonly<Record<string, string>> = {
  requestBytes: 'bytes sent',
  responseBytes: 'bytes received',
  tokens: 'tokens of language models',
  usd: 'US dollars for language models',
}
const rateName = /^(?:(entry:[0-9a-f]+|tool:.+):)?per(Minute|Hour|Day)(?::([A-Z]+))?$/
const amountName = /^([a-zA-Z]+)Per(Day|Month)$/

/**
 * The words for one limit, after "the limit of": `perDay` is "requests per day", `perDay:POST` "POST requests per day". What
 * is no limit's name is answered as it is.
 */
export function limitWords(name: string): string {
  if (name === 'concurrent') return 'requests at the same time'
  const [, amount = '', span] = amountName.exec(name) ?? []
  if (Object.hasOwn(amounts, amount)) {
    return `${amounts[amount]} per ${span === 'Month' ? 'month of 30 days' : 'day'}`
  }
  const rate = rateName.exec(name)
  if (rate === null) return name
  const [, scope, each = '', method] = rate
  const what = `${method === undefined ? '' : `${method} `}requests per ${each.toLowerCase()}`
  if (scope === undefined) return what
  return scope.startsWith('tool:')
    ? `calls of this tool per ${each.toLowerCase()}`
    : `${what} of what this entry of the policy allows`
}

/** Says in whole sentences how much a policy allows. */
export function describeLimits(limits: Limits): string[] {
  const { concurrent, requestBytesMax, responseBytesMax, perMethod = {}, budget = {} } = limits
  const { requestBytesPerDay, responseBytesPerDay } = limits
  const rates = rateWords(limits, 'request')
  const ofMethods = httpMethods.flatMap((method) => {
    const words = rateWords(perMethod[method] ?? {}, `${method} request`)
    return words === undefined ? [] : [`Of them at most ${words}.`]
  })
  return [
    ...(rates === undefined ? [] : [`At most ${rates}.`]),
    ...(rates === undefined
      ? ofMethods.map((sentence) => sentence.replace('Of them at', 'At'))
      : ofMethods),
    ...sentence(concurrent, (count) => `At most ${counted(count, 'request')} at the same time.`),
    ...sentence(requestBytesMax, (bytes) => `Sends at most ${sizeOf(bytes)} at a time.`),
    ...sentence(requestBytesPerDay, (bytes) => `Sends at most ${sizeOf(bytes)} a day.`),
    ...sentence(responseBytesMax, (bytes) => `Receives at most ${sizeOf(bytes)} at a time.`),
    ...sentence(responseBytesPerDay, (bytes) => `Receives at most ${sizeOf(bytes)} a day.`),
    ...describeBudget(budget),
  ]
}

/** What an entry of a policy allows, at the end of its sentence: `at most 5 requests a day`. Undefined where it says nothing. */
export const rateWords = (
  { perMinute, perHour, perDay }: RateLimits,
  noun: string,
): string | undefined => {
  const rates = [
    ...(perMinute === undefined ? [] : [[perMinute, 'a minute'] as const]),
    ...(perHour === undefined ? [] : [[perHour, 'an hour'] as const]),
    ...(perDay === undefined ? [] : [[perDay, 'a day'] as const]),
  ].map(([count, each], at) => `${at === 0 ? counted(count, noun) : grouped(count)} ${each}`)
  return rates.length === 0 ? undefined : joined(rates)
}

function describeBudget({ tokensPerDay, tokensPerMonth, usdPerDay, usdPerMonth, prices }: Budget) {
  const tokens = [
    ...sentence(tokensPerDay, (count) => `${counted(count, 'token')} a day`),
    ...sentence(tokensPerMonth, (count) => `${counted(count, 'token')} in 30 days`),
  ]
  const costs = [
    ...sentence(usdPerDay, (usd) => `${money(usd)} a day`),
    ...sentence(usdPerMonth, (usd) => `${money(usd)} in 30 days`),
  ]
  const priced =
    prices === undefined ? 'by the providers’ list prices' : 'by the prices that you gave'
  return [
    ...(tokens.length === 0 ? [] : [`Language models may use at most ${joined(tokens)}.`]),
    ...(costs.length === 0
      ? []
      : [`Language models may cost at most ${joined(costs)}, ${priced}.`]),
  ]
}

const sentence = (value: number | undefined, say: (value: number) => string): string[] =>
  value === undefined ? [] : [say(value)]

function sizeOf(bytes: number): string {
  for (const [unit, size] of [
    ['GiB', kibibyte ** 3],
    ['MiB', kibibyte ** 2],
    ['KiB', kibibyte],
  ] as const) {
    if (bytes > 0 && bytes % size === 0) return `${grouped(bytes / size)} ${unit}`
  }
  return counted(bytes, 'byte')
}

/** `$1,000`, `$0.50`, `$0.0025`. */
function money(usd: number): string {
  const [whole = '0', cents = ''] = (Math.round(usd * 1e6) / 1e6).toFixed(6).split('.')
  const shown = cents.replace(/0+$/, '')
  return `$${grouped(Number(whole))}${shown === '' ? '' : `.${shown.padEnd(2, '0')}`}`
}

const counted = (count: number, noun: string) =>
  `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`

/** `1,000,000`, in every locale. */
const grouped = (count: number) => String(count).replace(/\B(?=(\d{3})+$)/g, ',')

const joined = (parts: readonly string[]): string =>
  parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
