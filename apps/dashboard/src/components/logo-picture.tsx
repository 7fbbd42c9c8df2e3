import { serviceLooks } from '../catalog-names.ts'
import { logos } from '../logos.ts'
import { logoBox } from './logo-box.ts'

interface LogoPictureProps {
  readonly service: string
  readonly size: 'sm' | 'md'
}

/** The logo of a service in the colour of the text, or the first letter of its name. */
export function LogoPicture({ service, size }: LogoPictureProps) {
  const { name = service, icon = '' } = serviceLooks[service] ?? {}
  const path = Object.hasOwn(logos, icon) ? logos[icon] : undefined
  return (
    <span aria-hidden="true" className={logoBox[size]}>
      {path === undefined ? (
        name.slice(0, 1).toUpperCase()
      ) : (
        <svg aria-hidden="true" viewBox="0 0 24 24" fill="currentColor">
          <path d={path} />
        </svg>
      )}
    </span>
  )
}
