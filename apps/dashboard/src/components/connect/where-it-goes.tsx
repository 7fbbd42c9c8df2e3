import { customService, type Service } from '@sallyport/catalog'
import { Facts } from '../card.tsx'
import { TextField } from '../form-fields.tsx'
import { OriginsField } from '../origins-field.tsx'
import { toOrigin } from '../to-origin.ts'

interface WhereItGoesProps {
  readonly service: Service
  /** Several addresses can be given. */
  readonly isFull: boolean
}

/** Where the credential of a new connection may be sent: the service's own hosts, or what the owner says. */
export function WhereItGoes({ service, isFull }: WhereItGoesProps) {
  const { originPattern, origins } = service
  if (service.id === customService.id) return isFull ? <OriginsField /> : <AddressField />
  if (originPattern !== undefined) return <OwnAddressField service={service} />
  return <Facts items={[['It goes only to', origins.join(', ')]]} />
}

const url = {
  inputMode: 'url',
  autoComplete: 'off',
  spellCheck: false,
  autoCapitalize: 'none',
} as const

function AddressField() {
  return (
    <TextField
      name="origins.0"
      label="Address of the API"
      {...url}
      placeholder="https://api.example.com"
      hint="The key is only ever sent to this scheme, host and port."
      transform={toOrigin}
      autoFocus
    />
  )
}

/** People type the host alone. */
const withScheme = (value: unknown) =>
  typeof value === 'string' && /^[\w-]+(\.[\w-]+)+(\/|$)/.test(value.trim())
    ? `https://${value.trim()}`
    : value

/** Each customer of the service has a host of their own. */
function OwnAddressField({ service }: { service: Service }) {
  const { name, originPattern } = service
  return (
    <TextField
      name="origins.0"
      label={`Your address at ${name}`}
      {...url}
      placeholder={originPattern?.example}
      hint={`It looks like ${originPattern?.pattern}. Nothing is sent anywhere else.`}
      transform={(value) => toOrigin(withScheme(value))}
      autoFocus
    />
  )
}
