import { Problem } from '@sallyport/contracts'
import type { DeviceAuthorizationResponse } from 'openid-client'

/** A device code (RFC 8628 §3.2). Holds a secret: never log it. */
export interface DeviceCode {
  readonly deviceCode: string
  /** What the person types in, and where. */
  readonly userCode: string
  readonly verificationUri: string
  readonly verificationUriComplete?: string
  readonly intervalSeconds: number
  readonly lifeSeconds: number
}

const codeCharsMax = 4096
const intervalSecondsMin = 1
/** RFC 8628 §3.2, where the provider names none. */
const intervalSecondsDefault = 5
const intervalSecondsMax = 60

/**
 * What a provider gave for a device. People are led to its page, so that it has to be a page of the web.
 * @throws Problem provider-unavailable
 */
export function readDeviceCode(answer: DeviceAuthorizationResponse, provider: string): DeviceCode {
  const {
    device_code: deviceCode,
    user_code: userCode,
    verification_uri_complete: complete,
  } = answer
  const verificationUri = answer.verification_uri
  const isGood =
    /^[\x20-\x7e]+$/.test(deviceCode) &&
    deviceCode.length <= codeCharsMax &&
    /^[\x21-\x7e][\x20-\x7e]{0,63}$/.test(userCode) &&
    isPage(verificationUri) &&
    (complete === undefined || isPage(complete))
  if (!isGood) {
    throw new Problem('provider-unavailable', `The device code of ${provider} cannot be used.`, {
      next: 'Connect the account in a browser instead (method code).',
    })
  }
  const interval = Math.ceil(answer.interval ?? intervalSecondsDefault)
  return {
    deviceCode,
    userCode,
    verificationUri,
    ...(complete !== undefined && { verificationUriComplete: complete }),
    intervalSeconds: Math.min(Math.max(interval, intervalSecondsMin), intervalSecondsMax),
    lifeSeconds: answer.expires_in,
  }
}

function isPage(url: string): boolean {
  if (url.length > 2000 || !/^[\x21-\x7e]+$/.test(url) || !URL.canParse(url)) return false
  return /^https?:$/.test(new URL(url).protocol)
}
