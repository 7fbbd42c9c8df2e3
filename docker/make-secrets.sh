#!/bin/sh
# Makes the secrets that docker-compose.yml mounts as files, once. Keep a copy of secrets/root-key somewhere else: without
# it nothing that the vault has stored can be opened.
set -eu
umask 077
cd "$(dirname "$0")/.."
[ -e secrets ] && { echo 'secrets/ is there already; nothing was changed.' >&2; exit 1; }
mkdir secrets
cd secrets
openssl rand -base64 32 >root-key
openssl rand -hex 24 >database-owner-password
openssl rand -hex 24 >database-app-password
printf 'postgres://sallyport_owner:%s@postgres:5432/sallyport' "$(cat database-owner-password)" >database-migration-url
printf 'postgres://sallyport_app:%s@postgres:5432/sallyport' "$(cat database-app-password)" >database-url
# The containers' users are not this one; the folder keeps everybody else of this machine out.
chmod 0444 ./*
