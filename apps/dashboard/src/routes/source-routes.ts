import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import * as search from '../search.ts'
import { inside } from './frame-route.ts'

const servers = createRoute({
  ...inside('/servers'),
  component: lazyRouteComponent(() => import('../pages/servers/servers-page.tsx'), 'ServersPage'),
})
const newServer = createRoute({
  ...inside('/servers/new'),
  validateSearch: search.newServer,
  component: lazyRouteComponent(
    () => import('../pages/servers/new-server-page.tsx'),
    'NewServerPage',
  ),
})
const variables = createRoute({
  ...inside('/servers/variables'),
  component: lazyRouteComponent(
    () => import('../pages/servers/variables-page.tsx'),
    'VariablesPage',
  ),
})
const server = createRoute({
  ...inside('/servers/$serverId'),
  component: lazyRouteComponent(() => import('../pages/servers/server-page.tsx'), 'ServerPage'),
})
const editServer = createRoute({
  ...inside('/servers/$serverId/edit'),
  component: lazyRouteComponent(
    () => import('../pages/servers/edit-server-page.tsx'),
    'EditServerPage',
  ),
})
const databases = createRoute({
  ...inside('/databases'),
  validateSearch: search.databases,
  component: lazyRouteComponent(
    () => import('../pages/databases/databases-page.tsx'),
    'DatabasesPage',
  ),
})
const newDatabase = createRoute({
  ...inside('/databases/new'),
  validateSearch: search.newDatabase,
  component: lazyRouteComponent(
    () => import('../pages/databases/new-database-page.tsx'),
    'NewDatabasePage',
  ),
})
const database = createRoute({
  ...inside('/databases/$sourceId'),
  component: lazyRouteComponent(
    () => import('../pages/databases/database-page.tsx'),
    'DatabasePage',
  ),
})
const editDatabase = createRoute({
  ...inside('/databases/$sourceId/edit'),
  component: lazyRouteComponent(
    () => import('../pages/databases/edit-database-page.tsx'),
    'EditDatabasePage',
  ),
})
const statement = createRoute({
  ...inside('/databases/$sourceId/statement'),
  validateSearch: search.statement,
  component: lazyRouteComponent(
    () => import('../pages/databases/statement-page.tsx'),
    'StatementPage',
  ),
})

/** What stands behind the vault beside HTTP APIs: MCP servers and databases. */
export const sourceRoutes = [
  servers,
  newServer,
  variables,
  server,
  editServer,
  databases,
  newDatabase,
  database,
  editDatabase,
  statement,
] as const
