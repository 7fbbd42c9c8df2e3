# The vault, to run beside PostgreSQL: see docker-compose.yml. On one machine `npm start` needs none of this.
FROM node:24.11-bookworm-slim AS build
WORKDIR /build
COPY . .
RUN node scripts/setup.mjs && node scripts/build.mjs
# What the bundle leaves outside is native; it is installed beside it, without what only building needs.
RUN npx --yes "$(node -p "require('./package.json').packageManager")" --filter sallyport deploy --legacy --prod /out

FROM node:24.11-bookworm-slim
ENV NODE_ENV=production SALLYPORT_HOST=0.0.0.0 SALLYPORT_DATA_DIR=/var/lib/sallyport
RUN install -d -o node -g node -m 0700 /var/lib/sallyport
COPY --from=build --chown=root:root /out /opt/sallyport
# No root: the vault needs no privilege, and its port is above 1024.
USER node
WORKDIR /var/lib/sallyport
VOLUME /var/lib/sallyport
EXPOSE 4770
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:4770/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/opt/sallyport/bin/sallyport.js"]
CMD ["up"]
