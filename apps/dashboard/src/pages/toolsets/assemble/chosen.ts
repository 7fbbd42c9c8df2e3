import { type AssembledTool, ToolName } from '@sallyport/contracts'

// Tools that were chosen for an assembled toolset: pure parts of the form.

export interface Chosen {
  readonly toolId: string
  /** Its full name where it comes from. */
  readonly from: string
  readonly sourceName: string
  readonly name?: string
  readonly description?: string
}

const nameOf = ({ name, sourceName }: Chosen) =>
  name === undefined || name === '' ? sourceName : name

/** What the vault is told of them. */
export const assembledTools = (chosen: readonly Chosen[]): AssembledTool[] =>
  chosen.map((one) => {
    const name = nameOf(one)
    const description = one.description?.trim()
    return {
      toolId: one.toolId,
      ...(name !== one.sourceName && { name }),
      ...(description !== undefined && description !== '' && { description }),
    }
  })

/** What is wrong with their names, by the tools' ids. */
export function chosenFaults(chosen: readonly Chosen[]): Readonly<Record<string, string>> {
  const faults = chosen.flatMap((one) => {
    const name = nameOf(one)
    if (!ToolName.safeParse(name).success) {
      const fault = 'It must begin with a letter and hold letters, digits, _ and -, at most 48.'
      return [[one.toolId, fault]]
    }
    const isTwice = chosen.filter((other) => nameOf(other) === name).length > 1
    return isTwice ? [[one.toolId, 'Two tools have this name.']] : []
  })
  return Object.fromEntries(faults)
}
