import {
  base58,
  base58Version,
  bech32Code,
  fromBase58,
  strKeyVersion,
} from '../checksums/address-codes.ts'
import { keccak256 } from '../checksums/keccak256.ts'
import { type Form, type Place, standsAlone } from '../scan/form.ts'
import { anyOf, type Span } from '../scan/vicinity.ts'

/** The versions of Base58Check that are addresses: Bitcoin, Litecoin, Dogecoin, Dash, Tron, and Bitcoin's test network. */
const versions: ReadonlySet<number> = new Set([0, 5, 48, 50, 30, 22, 76, 16, 65, 111, 196])
const rippleVersion = 0
const stellarAccount = 6 << 3

/** What stands before the `1` of a bech32 address: Bitcoin, Litecoin, Cardano, and chains made with the Cosmos SDK. */
const prefixes =
  /^(?:bc|tb|bcrt|ltc|tltc|addr|stake|cosmos|osmo|juno|terra|inj|celestia|akash|secret|kava|axelar|sei|noble|dydx)1/
const segwit = /^(?:bc|tb|bcrt|ltc|tltc)1/

const solanaWords = anyOf('solana', 'sol', 'spl', 'phantom', 'wallets?', 'pubkey', 'mint')

function matchBase58({ text, start, end }: Place): Span | undefined {
  const address = text.slice(start, end)
  const first = address.charAt(0)
  const isRipple = first === 'r'
  if (!/^[1-9A-HJ-NP-Za-km-z]+$/.test(address) || !/[13LMDX7A9Tmn2r]/.test(first)) return undefined
  const version = isRipple ? base58Version(address, base58.ripple) : base58Version(address)
  const isAddress = isRipple
    ? version === rippleVersion
    : version !== undefined && versions.has(version)
  return isAddress ? alone(text, { start, end }) : undefined
}

/** EIP-55: the case of the letters is a checksum. In one case throughout there is none, and the form has to do. */
function matchEthereum({ text, start, end }: Place): Span | undefined {
  const address = text.slice(start, end)
  if (!/^0x[0-9a-fA-F]{40}$/.test(address)) return undefined
  const letters = address.slice(2)
  const isOneCase = letters === letters.toLowerCase() || letters === letters.toUpperCase()
  return isOneCase || hasEip55(letters) ? alone(text, { start, end }) : undefined
}

function hasEip55(letters: string): boolean {
  const lower = letters.toLowerCase()
  const hash = keccak256(Uint8Array.from(lower, (character) => character.charCodeAt(0)))
  return Array.from(lower).every((character, place) => {
    const byte = hash[place >> 1] ?? 0
    const isUpper = (place % 2 === 0 ? byte >> 4 : byte & 15) >= 8
    return letters.charAt(place) === (isUpper ? character.toUpperCase() : character)
  })
}

function matchBech32({ text, start, end }: Place): Span | undefined {
  const address = text.slice(start, end)
  const lower = address.toLowerCase()
  if (!prefixes.test(lower) || (address !== lower && address !== address.toUpperCase())) {
    return undefined
  }
  const code = bech32Code(lower)
  if (code === undefined) return undefined
  // BIP 350: version 0 (`q`) keeps bech32, later ones have bech32m. Others know only bech32.
  const isTaproot = segwit.test(lower) && lower.charAt(lower.lastIndexOf('1') + 1) !== 'q'
  return code === (isTaproot ? 'bech32m' : 'bech32') ? alone(text, { start, end }) : undefined
}

function matchStellar({ text, start, end }: Place): Span | undefined {
  const address = text.slice(start, end)
  const isAccount = /^G[A-Z2-7]{55}$/.test(address) && strKeyVersion(address) === stellarAccount
  return isAccount ? alone(text, { start, end }) : undefined
}

/** 32 bytes in base 58, without a checksum: only beside a word for it. */
function matchSolana({ text, start, end, near }: Place): Span | undefined {
  const address = text.slice(start, end)
  if (!/^(?=[^a-z]{0,43}[a-z])(?=[^A-Z]{0,43}[A-Z])[1-9A-HJ-NP-Za-km-z]+$/.test(address)) {
    return undefined
  }
  const span = { start, end }
  const isKey = fromBase58(address, { alphabet: base58.bitcoin, length: 32 }) !== undefined
  return isKey && near(solanaWords, span) ? alone(text, span) : undefined
}

const alone = (text: string, span: Span): Span | undefined =>
  standsAlone(text, span) ? span : undefined

const wallet = { kind: 'crypto_wallet', tokens: ['mixed'] } as const

/** Addresses of wallets, each with the checksum of its network. */
export const walletForms: readonly Form[] = [
  { ...wallet, lengths: [42, 42], match: matchEthereum },
  { ...wallet, lengths: [14, 110], match: matchBech32 },
  { ...wallet, tokens: ['mixed', 'letters'], lengths: [25, 35], match: matchBase58 },
  { ...wallet, lengths: [56, 56], match: matchStellar },
  { ...wallet, tokens: ['mixed', 'letters'], lengths: [32, 44], match: matchSolana },
]
