import { Problem } from '@sallyport/contracts'
import { upstreamProblem } from '../clients/upstream-clients.ts'

// What callers are told where another replica did not answer, or was not asked.

/** Nothing was sent. */
export const busy = () =>
  new Problem('overloaded', 'Too many calls wait for other replicas of the vault.', {
    next: 'Nothing was sent; try again in a moment.',
    retryAfterSeconds: 1,
  })

/** Nothing was sent. */
export const stopping = () =>
  new Problem('overloaded', 'The vault is stopping, so nothing was sent.', {
    next: 'Send it again in a few seconds.',
    retryAfterSeconds: 2,
  })

/** It may have been carried out. */
export const cutOff = () =>
  upstreamProblem('call', 'upstream-unreachable', {
    detail: 'The vault is stopping while the server was asked by another replica of it.',
    next: 'The request may have been carried out all the same: look before sending it again.',
  })

/** Nothing was sent. */
export const notTaken = () =>
  new Problem('upstream-not-connected', 'The replica that runs the server did not answer.', {
    next: 'Nothing was sent to the server; try again in a moment.',
    retryAfterSeconds: 5,
  })

/** It may have been carried out. */
export const timedOut = () =>
  upstreamProblem('call', 'upstream-timeout', {
    detail: 'The replica of the vault that runs the server did not answer in time.',
    next: 'The request may have been carried out all the same: look before sending it again.',
  })

/** It may have been carried out. */
export const unknownWhetherDone = () =>
  upstreamProblem('call', 'upstream-unreachable', {
    detail: 'The replica of the vault that ran the server is gone, or cannot be asked.',
    next: 'It is not known whether the request was carried out: look before sending it again.',
  })

/** It was carried out. */
export const tooLarge = () =>
  upstreamProblem('call', 'response-too-large', {
    detail: 'The server answered more than is taken.',
    next: 'Ask for less. The request was carried out by the server.',
  })
