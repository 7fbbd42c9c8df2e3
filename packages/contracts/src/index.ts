export * from './account.ts'
export * from './activity.ts'
export * from './agent.ts'
export * from './alert.ts'
export * from './approval.ts'
export * from './audit.ts'
export * from './audit-stream.ts'
export * from './call-payload.ts'
export * from './callback.ts'
export * from './capability.ts'
export * from './client-assertion-type.ts'
export * from './common.ts'
export * from './connect.ts'
export * from './connection.ts'
export * from './consumer-token.ts'
export * from './credential.ts'
export { describeLimits, limitWords } from './describe-limits.ts'
export { describePolicy } from './describe-policy.ts'
export * from './event.ts'
export * from './execute.ts'
export * from './guard.ts'
export * from './http-method.ts'
export * from './ids.ts'
export * from './invitation.ts'
export * from './lay-out-json.ts'
export * from './limits.ts'
export * from './mail-server.ts'
export * from './mcp-server.ts'
export * from './mcp-server-care.ts'
export {
  McpServer,
  McpServerAuth,
  McpServerStatus,
  maskedValue,
  reachingMembers,
} from './mcp-server-shape.ts'
export * from './mcp-sign-in.ts'
export * from './mcp-tool-name.ts'
export * from './mcp-transport.ts'
export * from './my-tools.ts'
export * from './notification.ts'
export * from './notification-target.ts'
export * from './oauth-app.ts'
export * from './openapi.ts'
export * from './operation.ts'
export * from './operations.ts'
export * from './owner.ts'
export * from './path-pattern.ts'
export * from './policy.ts'
export * from './policy-file.ts'
export * from './policy-rule.ts'
export * from './policy-usage.ts'
export * from './problem.ts'
export * from './read-body.ts'
export * from './remembered-approval.ts'
export * from './reveal-characters.ts'
export * from './sensitive.ts'
export * from './simulate-policy.ts'
export * from './single-sign-on.ts'
export * from './source.ts'
export * from './source-check.ts'
export * from './source-import.ts'
export {
  Source,
  SourceCheck,
  SourceStatement,
  SourceTool,
  SqlDialect,
  sourceBytesDefault,
  sourceRowsDefault,
  sourceTimeoutSecondsDefault,
  sqlDialects,
  sqlPortOf,
  statementsOfSourceMax,
} from './source-shape.ts'
export { SqlParameter } from './sql-parameter.ts'
export * from './system.ts'
export * from './tool.ts'
export * from './tool-binding.ts'
export * from './tool-grant.ts'
export * from './tool-listing.ts'
export * from './tool-name.ts'
export * from './tool-permission.ts'
export * from './toolset.ts'
export * from './toolset-import.ts'
export * from './toolset-version.ts'
export * from './try-policy.ts'
export * from './variable.ts'
export * from './workspace.ts'
