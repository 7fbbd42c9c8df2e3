/** The MCP server as the vault runs it at its own endpoint; published is the command alone. */
export type { Clock } from './await-decision.ts'
export { createServer } from './create-server.ts'
export { createGivenLinks, givenTo } from './given-links.ts'
export type { GrantedTools } from './granted-tools.ts'
export { consumerInstructions, instructions } from './instructions.ts'
export { nextStepOf } from './next-step.ts'
export { namesOfAll, namesOfToolset } from './tool-naming.ts'
export { createToolbox } from './toolbox.ts'
