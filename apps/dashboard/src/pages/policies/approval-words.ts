import type { PolicyDocument } from '@sallyport/contracts'

/** When owners are asked, in plain words. */
export const approvalWords = [
  {
    value: 'writes',
    label: 'Ask before it changes anything',
    description: 'Reading (GET, HEAD) goes through. Everything else waits for an owner.',
  },
  {
    value: 'always',
    label: 'Ask before everything',
    description: 'Each request waits for an owner, reading too.',
  },
  {
    value: 'never',
    label: 'Do not ask',
    description: 'What is allowed is sent at once. Everything is recorded.',
  },
] as const satisfies readonly {
  readonly value: PolicyDocument['approval']
  readonly label: string
  readonly description: string
}[]
