#!/bin/sh
# Makes the secrets that docker-compose.yml mounts as files: those that are not there yet, and never one anew. Keep a copy of
# secrets/root-key somewhere else: without it nothing that the vault has stored can be opened.
set -eu
umask 077
cd "$(dirname "$0")/.."
mkdir -p secrets
cd secrets
made=''

# Whether this one is to be made.
lacks() {
  if [ -e "$1" ]; then return 1; fi
  made="$made $1"
}

if lacks root-key; then openssl rand -base64 32 >root-key; fi
if lacks database-owner-password; then openssl rand -hex 24 >database-owner-password; fi
if lacks database-app-password; then openssl rand -hex 24 >database-app-password; fi
if lacks database-migration-url; then
  printf 'postgres://sallyport_owner:%s@postgres:5432/sallyport' "$(cat database-owner-password)" >database-migration-url
fi
if lacks database-url; then
  printf 'postgres://sallyport_app:%s@postgres:5432/sallyport' "$(cat database-app-password)" >database-url
fi
# Redis knows the password by its hash alone. The second user is for the container's health check, and can only ping.
if [ ! -e redis-url ] || [ ! -e redis-users ]; then
  made="$made redis-url redis-users"
  # Whichever of the two is there cannot be written to.
  rm -f redis-url redis-users
  redis_password=$(openssl rand -hex 24)
  hash=$(printf '%s' "$redis_password" | openssl dgst -sha256 -r | cut -c 1-64)
  {
    printf 'user default off resetchannels -@all\n'
    printf 'user sallyport on #%s ~* &* +@all -@admin -@dangerous +info\n' "$hash"
    printf 'user health on nopass resetchannels -@all +ping\n'
  } >redis-users
  printf 'redis://sallyport:%s@redis:6379' "$redis_password" >redis-url
fi

# The containers' users are not this one; the folder keeps everybody else of this machine out.
chmod 0444 ./*
if [ -z "$made" ]; then echo 'All secrets are there already; nothing was changed.'; else echo "Made in secrets/:$made"; fi
