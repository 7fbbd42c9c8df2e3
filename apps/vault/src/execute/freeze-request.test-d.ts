import { type FrozenRequest, freezeRequest } from './freeze-request.ts'

const made: FrozenRequest = freezeRequest({ method: 'GET', url: 'https://api.example.com/' })

// @ts-expect-error only freezeRequest makes a FrozenRequest: a copy with another URL lacks the brand's promise
export const forged: FrozenRequest = {
  method: 'GET',
  url: made.url,
  origin: '',
  host: '',
  path: '',
  query: [],
  headers: [],
  digest: '',
  droppedHeaders: [],
}

// @ts-expect-error nothing of it can be changed
made.url = 'https://evil.example/'
