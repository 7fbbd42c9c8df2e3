const box = 'inline-grid shrink-0 place-items-center rounded-md bg-sunken text-ink font-semibold'

/** The field that a logo stands on, there before the logo is. */
export const logoBox = {
  sm: `${box} size-5.5 text-[0.73rem] [&_svg]:size-3.5`,
  md: `${box} size-8 [&_svg]:size-4.5`,
} as const
