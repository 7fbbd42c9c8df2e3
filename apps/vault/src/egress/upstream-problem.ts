import { Problem, type ProblemOptions } from '@sallyport/contracts'

const maybeDone =
  'The request may have been carried out all the same: look before sending it again.'

/**
 * Turns a failure to connect into a problem. The sentence names no address; the cause keeps nothing but the code, since
 * messages of the system carry addresses.
 */
export function connectProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  const code = typeof error === 'string' ? error : codeOf(error)
  const cause = code
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') {
    return new Problem('upstream-timeout', 'The upstream did not take the connection in time.', {
      next: 'Nothing was sent; trying again later is safe.',
      cause,
    })
  }
  const next = 'Nothing was sent; trying again later is safe.'
  const unreachable = (detail: string, options: ProblemOptions) =>
    new Problem('upstream-unreachable', detail, { ...options, cause })
  if (code === 'ENOTFOUND' || code === 'ENODATA' || code === 'EAI_NONAME') {
    return unreachable('The host of the upstream could not be found.', {
      next: 'Check the host in the URL; nothing was sent.',
    })
  }
  if (code.startsWith('EAI_') || code === 'ESERVFAIL') {
    return unreachable('The name of the upstream could not be looked up.', { next })
  }
  if (code === 'ECONNREFUSED') {
    return unreachable('The upstream refused the connection.', { next })
  }
  if (isTlsCode(code)) {
    return unreachable('No secure connection to the upstream: its TLS could not be verified.', {
      next: 'Whoever runs the upstream puts its certificate right; a private certificate authority is given to the vault in NODE_EXTRA_CA_CERTS by its operator. Nothing was sent.',
    })
  }
  return unreachable('The upstream could not be reached.', { next })
}

/**
 * Turns what undici and zlib report while an exchange runs into a problem. Errors of the parser hold bytes of the
 * answer, which may echo the credential (S-38): the cause keeps nothing but the code.
 */
export function exchangeProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  const code = codeOf(error)
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return timeoutProblem(code)
  }
  if (code === 'UND_ERR_HEADERS_OVERFLOW' || code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    return tooLargeProblem('headers', code)
  }
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') {
    return new Problem('invalid-input', 'The request cannot be written as HTTP.', { cause: code })
  }
  if (code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE') {
    return invalidResponse(
      'The upstream broke off the connection before its answer was whole.',
      code,
    )
  }
  return invalidResponse('The answer of the upstream is not valid HTTP.', code)
}

/** The upstream's answer breaks the rules of HTTP, or is written in a way that is not read here. */
export function invalidResponse(detail: string, cause?: string): Problem {
  return new Problem('upstream-invalid-response', detail, { next: maybeDone, cause })
}

/** A deadline passed after the request was given to the connection. */
export function timeoutProblem(cause?: string): Problem {
  return new Problem('upstream-timeout', 'The upstream did not answer in time.', {
    next: maybeDone,
    cause,
  })
}

/** The upstream sent more than is taken; it was cut off. */
export function tooLargeProblem(part: 'headers' | 'body', cause?: string): Problem {
  return new Problem(
    'response-too-large',
    part === 'body'
      ? 'The upstream answered with more bytes than are allowed; the answer was cut off.'
      : 'The headers of the answer are larger than is allowed; the answer was cut off.',
    {
      next: 'Ask for less: a page, a range or fewer fields. The request was carried out by the upstream.',
      cause,
    },
  )
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return 'UNKNOWN'
  return typeof error.code === 'string' ? error.code : 'UNKNOWN'
}

/** OpenSSL's verification results have no common prefix; these are node's and OpenSSL's families. */
function isTlsCode(code: string): boolean {
  return /^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_|INVALID_CA|PATH_LENGTH|CRL_|ERROR_IN_|EPROTO$)/.test(
    code,
  )
}
