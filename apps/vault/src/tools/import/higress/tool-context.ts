import { Buffer } from 'node:buffer'
import type { HttpBinding } from '@sallyport/contracts'
import type { FoundPart } from '../curl/find-credential.ts'
import { quoteName } from '../refuse-document.ts'
import { partsOfTemplate, readTemplate } from '../yaml-tools/template-parts.ts'
import { refuseTool } from '../yaml-tools/tool-refused.ts'
import { type ConfigValue, soundsSecret } from './config-values.ts'
import type { HigressArgument, HigressTool } from './higress-types.ts'

/** What is known and found out while one tool is made. */
export interface ToolContext {
  readonly tool: HigressTool
  readonly config: ReadonlyMap<string, ConfigValue>
  /** What a value of it is called in the document: `server.config.apiKey`. */
  readonly nameOf: (path: string) => string
  readonly args: ReadonlyMap<string, HigressArgument>
  /** Where credentials go. */
  readonly parts: FoundPart[]
  /** What was changed, in sentences. */
  readonly changes: Set<string>
  /** Arguments that the request reads. */
  readonly used: Set<string>
  /** Arguments that the tool does not take here. */
  readonly left: Set<string>
  /** Constants that its templates see as `.config`. */
  readonly constants: Map<string, string>
}

/** A part of a template once `.config` was looked up: a constant is literal text. */
export type FilledPart =
  | { readonly text: string }
  | { readonly source: string; readonly path?: readonly string[] | undefined }
  /** A value of `server.config` that is a key. */
  | { readonly secret: ConfigValue }
  /** An expression over such values. */
  | { readonly source: string; readonly secrets: readonly ConfigValue[] }

/**
 * The parts of a template with the constants of `server.config` filled in; notes which arguments it reads.
 * @throws ToolRefused for a template that cannot be read
 */
export function fillTemplate(template: string, what: string, context: ToolContext): FilledPart[] {
  return partsOfTemplate(template, what).map((part) =>
    'text' in part ? part : fillPart(part, what, context),
  )
}

export function fillPart(
  part: { readonly source: string; readonly path?: readonly string[] | undefined },
  what: string,
  context: ToolContext,
): FilledPart {
  const { source, path } = part
  if (path?.[0] === 'config' && path.length > 1) {
    const value = configValue(path.slice(1).join('.'), context)
    return value.isSecret ? { secret: value } : { text: value.text }
  }
  const { reads } = readTemplate(source, what)
  const secrets = noteReads(reads, what, context)
  return secrets.length > 0 ? { source, secrets } : { source, path }
}

/** What an expression reads: arguments are noted, constants are kept for it, keys are told. */
function noteReads(reads: readonly string[], what: string, context: ToolContext): ConfigValue[] {
  const secrets: ConfigValue[] = []
  for (const read of reads) {
    const [, root = '', ...names] = read.split('.')
    if (root === '' || (root === 'config' && names.length === 0)) {
      refuseTool(
        `The template of ${what} yields all of ${root === '' ? 'what there is' : '.config'}.`,
      )
    }
    if (root === 'args') noteArgument(names[0], what, context)
    if (root !== 'config') continue
    const value = configValue(names.join('.'), context)
    if (value.isSecret) secrets.push(value)
    else if (names.length > 1) {
      refuseTool(
        `The template of ${what} computes with ${context.nameOf(value.path)}, which is nested.`,
      )
    } else context.constants.set(value.path, value.text)
  }
  return secrets
}

function noteArgument(
  name: string | undefined,
  what: string,
  { args, used, changes }: ToolContext,
): void {
  if (name === undefined) {
    for (const one of args.keys()) used.add(one)
  } else if (args.has(name)) used.add(name)
  else
    changes.add(
      `The template of ${what} reads ${quoteName(name)}, which is no argument: it is empty.`,
    )
}

/** A value of `server.config`; one that is not there is asked for where its name says that it is a key. */
function configValue(path: string, { config, changes, nameOf }: ToolContext): ConfigValue {
  const known = config.get(path)
  if (known !== undefined) return known
  const isSecret = soundsSecret(path)
  if (!isSecret) changes.add(`${nameOf(path)} is not there: it is empty.`)
  return { path, text: '', isSecret, isGiven: false }
}

/** What stands for a secret that is not known yet; known-secrets.ts takes it for a placeholder. */
export const unknownSecret = '<secret>'

export const secretText = (value: ConfigValue): string =>
  value.isGiven ? value.text : unknownSecret

/** Joins parts to one template. @throws ToolRefused where a key stands among them */
export function joinTemplate(
  parts: readonly FilledPart[],
  what: string,
  context: ToolContext,
): string {
  return parts
    .map((part) => {
      if ('text' in part) return part.text
      if ('secret' in part) return refuseSecret([part.secret], what, context)
      return 'secrets' in part ? refuseSecret(part.secrets, what, context) : part.source
    })
    .join('')
}

export function refuseSecret(
  secrets: readonly ConfigValue[],
  what: string,
  { nameOf }: ToolContext,
): never {
  const names = secrets.map(({ path }) => nameOf(path)).join(', ')
  return refuseTool(
    `It puts the secret ${names} into ${what}. The vault puts credentials into headers, parameters of the query, cookies and segments of the path, each by itself.`,
  )
}

export const isText = (part: FilledPart): part is { readonly text: string } => 'text' in part

/** The text of parts that are nothing else; undefined for others. */
export const textOfParts = (parts: readonly FilledPart[]): string | undefined =>
  parts.every(isText) ? parts.map(({ text }) => text).join('') : undefined

/** `user:password` that an expression makes of one or two values, for `Basic`. */
export function basicOf(
  source: string,
  secrets: readonly ConfigValue[],
  config: ToolContext['config'],
): string | undefined {
  if (!/\bb64enc\b/.test(source)) return undefined
  const names = [...source.matchAll(/\.config\.([\p{L}\p{N}_.]+)/gu)].map(([, name = '']) => name)
  const values = names.map((name) => config.get(name))
  const [user, password, more] = values
  if (more !== undefined || user === undefined || secrets.length === 0) return undefined
  if (password === undefined) return secretText(user)
  return `${user.isGiven ? user.text : unknownSecret}:${secretText(password)}`
}

/** As base64 stands after `Basic`. */
export const base64 = (text: string): string => Buffer.from(text).toString('base64')

export type ItemOf<Key extends 'query' | 'headers' | 'cookies'> = HttpBinding[Key][number]
