// How the tools are written that this program itself knows.

/** One member of an input: the few keywords of JSON Schema that our tools use. */
export type MemberSchema = {
  type?: 'string' | 'number' | 'integer' | 'boolean' | 'object'
  enum?: string[]
  minimum?: number
  maximum?: number
  additionalProperties?: { type: 'string' }
  description?: string
}
/** The JSON Schema of a tool's input. Types and not interfaces, because the SDK takes any JSON value here. */
export type InputSchema = {
  type: 'object'
  properties: Record<string, MemberSchema>
  required?: string[]
  additionalProperties: false
}

export interface Tool<Name extends string> {
  readonly name: Name
  readonly title: string
  readonly description: string
  readonly inputSchema: InputSchema
  /** Absent where what comes of it has the form that somebody else gave it. */
  readonly outputSchema?: { type: 'object'; properties: Record<string, { type: string }> }
  readonly annotations: {
    readonly readOnlyHint?: boolean
    readonly destructiveHint?: boolean
    readonly idempotentHint?: boolean
    readonly openWorldHint?: boolean
  }
}

export const defineTool = <const Name extends string>(tool: Tool<Name>): Tool<Name> => tool

export const string = (description?: string): MemberSchema =>
  description === undefined ? { type: 'string' } : { type: 'string', description }
export const input = (
  properties: InputSchema['properties'],
  required: string[] = [],
): InputSchema => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
  additionalProperties: false,
})

/** Members of a result, named only: a failure or an approval has others, so none is required. */
export const output = (members: Readonly<Record<string, string>>) => ({
  type: 'object' as const,
  properties: Object.fromEntries(Object.entries(members).map(([name, type]) => [name, { type }])),
})
