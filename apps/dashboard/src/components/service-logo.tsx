import { lazyPart } from './lazy-part.tsx'
import { logoBox } from './logo-box.ts'

interface ServiceLogoProps {
  /** An id of the catalog. */
  readonly service: string
  readonly size?: 'sm' | 'md'
}

const SmallPicture = lazyPart(
  async () => (await import('./logo-picture.tsx')).LogoPicture,
  <span className={logoBox.sm} />,
)
const Picture = lazyPart(
  async () => (await import('./logo-picture.tsx')).LogoPicture,
  <span className={logoBox.md} />,
)

/** The logo of a service beside its name, which says the same: it means nothing to whoever does not see it. */
export function ServiceLogo({ service, size = 'md' }: ServiceLogoProps) {
  const Sized = size === 'sm' ? SmallPicture : Picture
  return <Sized service={service} size={size} />
}
