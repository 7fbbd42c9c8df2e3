import type { AlertKind } from '@sallyport/contracts'

/** What each kind of alert is called. */
export const alertNames: Readonly<Record<AlertKind, string>> = {
  limit_reached: 'Limit reached',
  burst: 'Burst of requests',
  many_denials: 'Many refusals',
  new_host: 'New host',
  unusual_hours: 'Unusual hours',
  volume: 'Much data',
}

/** Whether an address names a kind. */
export const isAlertKind = (value: string | undefined): value is AlertKind =>
  value !== undefined && Object.hasOwn(alertNames, value)
