// Speaks MCP to upstream servers: opens connections and asks over them, and bounds whatever comes back.
export type {
  ListedTools,
  LiveUpstream,
  OpenConfig,
  RequestHow,
  UpstreamClients,
  UpstreamList,
  UpstreamMethod,
  UpstreamProgress,
  UpstreamReply,
  UpstreamStage,
  UpstreamTool,
  UpstreamTransport,
} from './live-upstream.ts'
export { stageOf, upstreamProblem } from './upstream-problem.ts'
