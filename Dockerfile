# The vault, to run beside PostgreSQL: see docker-compose.yml and deploy/helm. On one machine `npm start` needs none of this.
# The images are pinned by version; docs/containers.md says how to pin them by digest.
ARG NODE_IMAGE=node:24.11.1-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
# First what the dependencies are made of, so that a change of the code alone does not install them anew.
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY patches patches
COPY scripts scripts
COPY apps/dashboard/package.json apps/dashboard/
COPY apps/vault/package.json apps/vault/
COPY packages/catalog/package.json packages/catalog/
COPY packages/cli/package.json packages/cli/
COPY packages/contracts/package.json packages/contracts/
COPY packages/mcp/package.json packages/mcp/
COPY packages/sdk/package.json packages/sdk/
RUN node scripts/setup.mjs
COPY . .
RUN node scripts/build.mjs
# What the bundle leaves outside is native; it is installed beside it, as the lockfile says, without what only building needs.
RUN npx --yes "$(node -p "require('./package.json').packageManager")" --config.inject-workspace-packages=true --filter sallyport deploy --prod /out && rm /out/pnpm-lock.yaml

FROM ${NODE_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Sallyport" \
  org.opencontainers.image.description="A vault that keeps credentials away from AI agents" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
# The last one is the operators' listener, on loopback: a replica and a worker have it alike.
ENV NODE_ENV=production SALLYPORT_HOST=0.0.0.0 SALLYPORT_DATA_DIR=/var/lib/sallyport SALLYPORT_METRICS_PORT=9464
# Nothing is installed when it runs: what an image does not have cannot be used in it.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn-* \
    /usr/local/bin/yarn /usr/local/bin/yarnpkg \
  && install -d -o 1000 -g 1000 -m 0700 /var/lib/sallyport \
  # So that `docker compose exec vault-1 sallyport doctor --vault` is a command.
  && ln -s /opt/sallyport/bin/sallyport.js /usr/local/bin/sallyport
COPY --from=build --chown=0:0 /out /opt/sallyport
# By number, so that Kubernetes can see that it is not root. It needs no privilege: its port is above 1024.
USER 1000:1000
WORKDIR /var/lib/sallyport
VOLUME /var/lib/sallyport
EXPOSE 4770
# Where that listener was taken away, a replica is asked at its own port; a worker has no other.
HEALTHCHECK --interval=10s --timeout=3s --start-period=1h \
  CMD ["node", "-e", "const { SALLYPORT_METRICS_HOST: host, SALLYPORT_METRICS_PORT: port, SALLYPORT_PORT: own } = process.env; fetch('http://' + (port ? (host || '127.0.0.1') + ':' + port : '127.0.0.1:' + (own || 4770)) + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/opt/sallyport/bin/sallyport.js"]
CMD ["up"]
