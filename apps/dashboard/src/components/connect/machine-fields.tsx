import { useFormContext } from 'react-hook-form'
import { ExternalLink } from '../external-link.tsx'
import { LinesField, SecretField, SelectField, TextareaField, TextField } from '../form-fields.tsx'

// Credentials of programs: the vault gets access tokens with them, or signs.

const plain = { autoComplete: 'off', spellCheck: false, autoCapitalize: 'none' }

interface Described {
  readonly hint: string
  readonly url: string
}

/** How to get it, where the catalog says so. */
export function HowToGet({ slot }: { slot: Described | undefined }) {
  if (slot === undefined) return null
  return (
    <p className="text-[0.93rem] text-ink-soft">
      {slot.hint} <ExternalLink href={slot.url}>Where it is made</ExternalLink>
    </p>
  )
}

const authentications = [
  { value: 'client_secret_basic', label: 'Secret in the Authorization header (usual)' },
  { value: 'client_secret_post', label: 'Secret in the body' },
  { value: 'private_key_jwt', label: 'Signed with a private key (private_key_jwt)' },
]

/** RFC 6749 §4.4: a client that acts for itself. */
export function ClientCredentialsFields() {
  const { watch } = useFormContext()
  const isSigned = watch('credential.clientAuthentication') === 'private_key_jwt'
  return (
    <>
      <TextField
        name="credential.tokenEndpoint"
        label="Token endpoint"
        inputMode="url"
        placeholder="https://login.example.com/oauth2/token"
        hint="Where the vault gets access tokens. The client id and secret go only there."
        {...plain}
      />
      <TextField name="credential.clientId" label="Client id" {...plain} />
      <SelectField
        name="credential.clientAuthentication"
        label="How the client proves itself"
        options={authentications}
      />
      {isSigned ? (
        <PrivateKeyFields within="credential." />
      ) : (
        <SecretField
          name="credential.clientSecret"
          label="Client secret"
          autoComplete="off"
          conditional
        />
      )}
      <LinesField name="credential.scopes" label="Scopes" words optional {...plain} />
      <TextField
        name="credential.audience"
        label="Audience"
        hint="Some servers want to be told for whom the token is."
        optional
        {...plain}
      />
    </>
  )
}

/** A key that signs, and how the server finds its other half; `within` is what the fields are part of (`credential.`). */
export function PrivateKeyFields({ within = '' }: { within?: string }) {
  return (
    <>
      <TextareaField
        name={`${within}privateKey`}
        label="Private key"
        hint="PKCS #8 in PEM (-----BEGIN PRIVATE KEY-----), or a JWK. It is sealed at once."
        rows={4}
        conditional
        {...plain}
        className="font-mono text-[0.87rem]"
      />
      <TextField name={`${within}keyId`} label="Key id" optional conditional {...plain} />
    </>
  )
}

/** Signature Version 4 of AWS. */
export function AwsFields() {
  return (
    <>
      <TextField
        name="credential.accessKeyId"
        label="Access key ID"
        placeholder="AKIA…"
        {...plain}
      />
      <SecretField
        name="credential.secretAccessKey"
        label="Secret access key"
        autoComplete="off"
        hint="It is sealed at once and never shown again, to nobody."
      />
      <SecretField
        name="credential.sessionToken"
        label="Session token"
        autoComplete="off"
        hint="Only for temporary keys; it ends with them."
        optional
      />
      <div className="grid gap-5 sm:grid-cols-2">
        <TextField
          name="credential.region"
          label="Region"
          placeholder="eu-central-1"
          hint="Read from the host where it is not given."
          optional
          {...plain}
        />
        <TextField
          name="credential.service"
          label="Service"
          placeholder="s3"
          hint="Likewise."
          optional
          {...plain}
        />
      </div>
    </>
  )
}

/** A token that another program got for the same app. */
export function RefreshTokenFields() {
  return (
    <>
      <SecretField
        name="credential.refreshToken"
        label="Refresh token"
        autoComplete="off"
        hint="The vault uses it once right away. Where the provider rotates them, the other program must not use it any more."
      />
      <LinesField
        name="credential.scopes"
        label="Scopes"
        hint="What it was granted for, where you know it."
        words
        optional
        {...plain}
      />
    </>
  )
}
