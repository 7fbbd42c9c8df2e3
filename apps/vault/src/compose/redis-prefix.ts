import { Buffer } from 'node:buffer'

const prefixBytes = 9

/** What the vault's keys in Redis begin with: the same on all replicas, and another vault's are others, in the same Redis too. */
export const redisPrefix = (tokenHash: (text: string) => Uint8Array): string =>
  `sallyport:${Buffer.from(tokenHash('redis-prefix')).subarray(0, prefixBytes).toString('base64url')}`
