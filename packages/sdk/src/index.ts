/** A typed client for a Sallyport vault: one function, every operation of the contracts. */
export type { Answer, AnswerBody, Fetch } from './answer.ts'
export type { AgentPrivateKey } from './client-assertion.ts'
export { type Auth, type Client, type ClientOptions, createClient } from './create-client.ts'
export { type Route, routes } from './routes.ts'
export type { CallOptions } from './send.ts'
