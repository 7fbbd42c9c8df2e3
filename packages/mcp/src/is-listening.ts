import { connect } from 'node:net'

/** A machine that does not answer at all counts as not there after this long. */
const connectMsMax = 1_500

/** Whether a connection can be opened to the address: a look that costs next to nothing. Nothing is sent. */
export function isListening(baseUrl: string): Promise<boolean> {
  const { protocol, hostname, port } = new URL(baseUrl)
  const host = hostname.replace(/^\[|\]$/g, '')
  const usual = protocol === 'https:' ? 443 : 80
  return new Promise((resolve) => {
    const socket = connect({ host, port: port === '' ? usual : Number(port) })
    const end = (isThere: boolean) => {
      socket.destroy()
      resolve(isThere)
    }
    socket.setTimeout(connectMsMax, () => end(false))
    socket.once('connect', () => end(true)).once('error', () => end(false))
  })
}
