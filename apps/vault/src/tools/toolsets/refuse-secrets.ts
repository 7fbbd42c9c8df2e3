import { Buffer } from 'node:buffer'
import { type CredentialInput, Problem, secretCharsMin } from '@sallyport/contracts'
import { invalidField } from '../toolset-problems.ts'
import type { PlannedTool } from './plan-tools.ts'
import type { ReadSource } from './read-source.ts'

/**
 * A secret that was found, or that is being kept, stands in no tool: definitions are stored in the clear and are read by
 * agents (S-38). Importers take secrets out; this is the net under them, and under what owners type.
 * @throws Problem document-refused, without the secret
 */
export function refuseSecrets(
  source: Pick<ReadSource, 'secrets' | 'title' | 'description'>,
  planned: readonly PlannedTool[],
  kept: readonly string[],
): void {
  const secrets = [...source.secrets.map(({ value }) => value), ...kept]
  const forms = [...new Set(secrets)]
    .filter((secret) => secret.length >= secretCharsMin)
    .flatMap((secret) => [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64'),
    ])
  if (forms.length === 0) return
  const holds = (value: unknown) => {
    const text = JSON.stringify(value) ?? ''
    return forms.some((form) => text.includes(form))
  }
  if (holds([source.title, source.description])) throw secretInTool('its title or description')
  for (const { definition, overrides, name } of planned) {
    if (holds([definition, overrides])) throw secretInTool(`the operation ${name}`)
  }
}

const secretInTool = (where: string) =>
  new Problem('document-refused', `A secret stands in ${where}, which agents can read.`, {
    next: 'Take it out of the document, or leave the operation out; the credential is kept apart.',
    fields: [{ field: 'document', message: 'must not hold a secret but where it is sent as one' }],
  })

/**
 * What of a document becomes the credential: of the chosen scheme where one is, else the first that was found.
 * @throws Problem invalid-input where the document holds a secret for another scheme alone
 */
export function foundCredential(
  { secrets }: Pick<ReadSource, 'secrets'>,
  scheme: string | undefined,
): CredentialInput | undefined {
  const whole = secrets.filter(({ credential }) => credential !== undefined)
  if (scheme === undefined || whole.length === 0) return whole[0]?.credential
  const chosen = whole.find((secret) => secret.scheme === scheme)
  if (chosen !== undefined) return chosen.credential
  throw invalidField(
    {
      field: 'credential',
      message: `must be given, or connectionId: the document holds no secret for ${scheme}, only for another way to sign in`,
    },
    'Choose the scheme that the document has a secret for, give a credential, or name a connection.',
  )
}
