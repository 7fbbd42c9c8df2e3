import { putSingleSignOn, type SingleSignOn } from '@sallyport/contracts'
import { Plus, Trash2 } from 'lucide-react'
import { useFieldArray, useFormContext } from 'react-hook-form'
import { useAction } from '../../api.ts'
import { Button, IconButton } from '../../components/button.tsx'
import { Form } from '../../components/form.tsx'
import {
  CheckboxField,
  LinesField,
  SecretField,
  SelectField,
  TextField,
} from '../../components/form-fields.tsx'
import { useToast } from '../../components/toast.tsx'
import { roleNames, roleOptions } from './roles.ts'

const plain = { autoComplete: 'off', spellCheck: false, autoCapitalize: 'none' }

const authentications = [
  { value: 'client_secret_basic', label: 'Secret in the Authorization header (usual)' },
  { value: 'client_secret_post', label: 'Secret in the body' },
  { value: 'none', label: 'Not at all (a public client)' },
]

/** Sets single sign-on up, or changes it; a secret that is not typed in stays. */
export function SingleSignOnForm({ singleSignOn }: { singleSignOn: SingleSignOn | undefined }) {
  const toast = useToast()
  const put = useAction('putSingleSignOn', {
    invalidates: ['session'],
    onDone: () => toast('Single sign-on is set up'),
  })
  return (
    <Form
      schema={putSingleSignOn.input}
      defaults={defaultsOf(singleSignOn) as never}
      onSubmit={put.mutateAsync}
      submitLabel={singleSignOn === undefined ? 'Set it up' : 'Save'}
    >
      <TextField
        name="label"
        label="Name of the provider"
        placeholder="Acme"
        hint="What the button says: Sign in with …"
        autoComplete="off"
      />
      <TextField
        name="issuer"
        label="Issuer"
        inputMode="url"
        placeholder="https://login.example.com"
        hint="Its metadata is read first, so that a typo is found before anybody needs it."
        {...plain}
      />
      <Client secretHint={singleSignOn?.secretHint ?? ''} />
      <Who />
      <RoleMapping />
      <SelectField
        name="defaultRole"
        label="Everybody whom no group gives a role"
        options={[{ value: '', label: 'Must have been invited' }, ...roleOptions]}
        transform={(value) => (value === '' ? null : value)}
      />
      <CheckboxField
        name="required"
        label="Require it"
        hint="Nobody but owners signs in with a password or a passkey any more."
      />
    </Form>
  )
}

function defaultsOf(settings: SingleSignOn | undefined) {
  const empty = {
    clientAuthentication: 'client_secret_basic',
    scopes: [],
    allowedDomains: [],
    groupsClaim: 'groups',
    allowedGroups: [],
    roleMapping: [],
    required: false,
    assumeEmailVerified: false,
  }
  if (settings === undefined) return { ...empty, defaultRole: '' }
  const { secretHint: _, createdAt: __, updatedAt: ___, ...kept } = settings
  return { ...kept, defaultRole: kept.defaultRole ?? '' }
}

function Client({ secretHint }: { secretHint: string }) {
  const { watch } = useFormContext()
  const isPublic = watch('clientAuthentication') === 'none'
  return (
    <>
      <TextField name="clientId" label="Client id" {...plain} />
      <SelectField
        name="clientAuthentication"
        label="How the client proves itself"
        options={authentications}
      />
      {!isPublic && (
        <SecretField
          name="clientSecret"
          label="Client secret"
          autoComplete="off"
          hint={
            secretHint === ''
              ? 'It is sealed at once and never shown again, to nobody.'
              : `The one that is kept (${secretHint}) stays unless you type another.`
          }
          optional={secretHint !== ''}
          conditional
        />
      )}
    </>
  )
}

/** Whom the provider may let in. */
function Who() {
  return (
    <>
      <LinesField
        name="allowedDomains"
        label="Domains that may sign in"
        hint="Of verified e-mail addresses, one a line, such as example.com. Empty: any."
        optional
        {...plain}
      />
      <LinesField
        name="allowedGroups"
        label="Groups that may sign in"
        hint="Members of one of these, one a line. Empty: everybody. Some providers name groups only where they are asked for a scope (Advanced)."
        optional
        {...plain}
      />
      <details>
        <summary className="cursor-pointer text-[0.93rem] text-ink-soft hover:text-ink">
          Advanced: the claim of the groups, further scopes
        </summary>
        <div className="mt-4 grid gap-5">
          <TextField
            name="groupsClaim"
            label="Claim of the groups"
            hint="Where the ID token names the person’s groups."
            {...plain}
          />
          <LinesField
            name="scopes"
            label="Further scopes"
            hint="Beside openid, email and profile. Some providers want groups here."
            words
            optional
            {...plain}
          />
          <CheckboxField
            name="assumeEmailVerified"
            label="Believe every e-mail address that the provider names"
            hint="Only for providers that never say which they verified, such as Microsoft Entra ID, and only where people cannot choose their address there."
          />
        </div>
      </details>
    </>
  )
}

const shortRoles = Object.entries(roleNames).map(([value, label]) => ({ value, label }))

/** Which group gives which role. */
function RoleMapping() {
  const { fields, append, remove } = useFieldArray({ name: 'roleMapping' })
  return (
    <fieldset className="grid min-w-0 gap-3">
      <legend className="mb-1 text-[0.93rem] font-medium">Roles by group</legend>
      <p className="text-[0.87rem] text-ink-soft">
        Taken at each sign-in; of several the furthest reaching one counts. A person who leaves the
        group loses the role at the next sign-in.
      </p>
      {fields.map(({ id }, index) => (
        <div
          key={id}
          className="grid gap-3 rounded-md border border-line px-3.5 py-3 sm:grid-cols-[1fr_1fr_auto]"
        >
          <TextField name={`roleMapping.${index}.group`} label="Group" {...plain} />
          <SelectField name={`roleMapping.${index}.role`} label="Role" options={shortRoles} />
          <IconButton
            label={`Take line ${index + 1} away`}
            className="self-end"
            onClick={() => remove(index)}
          >
            <Trash2 aria-hidden="true" />
          </IconButton>
        </div>
      ))}
      <div>
        <Button size="sm" onClick={() => append({ group: '', role: 'approver' })}>
          <Plus aria-hidden="true" /> Add a group
        </Button>
      </div>
    </fieldset>
  )
}
