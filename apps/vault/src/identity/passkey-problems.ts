import { Problem } from '@sallyport/contracts'

/** One sentence, whatever was not right: the challenge, the signature, the origin, the counter or the person. */
export const passkeyRefused = () =>
  new Problem('passkey-refused', 'The passkey was not accepted.', {
    next: 'Try once more from the beginning, or sign in with your password.',
  })
