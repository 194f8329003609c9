#!/usr/bin/env bash
# Starts PostgreSQL the way the official image does, as far as development and tests need it:
# POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB (each also as *_FILE), POSTGRES_INITDB_ARGS,
# POSTGRES_HOST_AUTH_METHOD, and /docker-entrypoint-initdb.d/*.{sh,sql,sql.gz} on an empty PGDATA.
set -euo pipefail

# Takes a setting from NAME, from the file named by NAME_FILE, or from the default, and exports NAME.
setting() {
  local name="$1" file="$1_FILE" value="${2:-}"
  if [ -n "${!name:-}" ]; then
    value="${!name}"
  elif [ -n "${!file:-}" ]; then
    value="$(<"${!file}")"
  fi
  export "$name=$value"
}

create_data_directory() {
  local args=()
  read -r -a args <<<"${POSTGRES_INITDB_ARGS:-}"
  initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") \
    --auth-local=trust --auth-host="$HOST_AUTH" "${args[@]}"
  printf '\nhost all all all %s\n' "$HOST_AUTH" >>"$PGDATA/pg_hba.conf"
}

run_init_file() {
  echo "$0: running $1"
  case "$1" in
    *.sh) if [ -x "$1" ]; then "$1"; else . "$1"; fi ;;
    *.sql) psql_init --dbname "$POSTGRES_DB" --file "$1" ;;
    *.sql.gz) gunzip -c "$1" | psql_init --dbname "$POSTGRES_DB" ;;
    *) echo "$0: ignoring $1" ;;
  esac
}

psql_init() {
  psql --no-psqlrc --set ON_ERROR_STOP=1 --no-password --username "$POSTGRES_USER" "$@"
}

# The first server listens on the Unix socket only: nobody outside may see a database half set up.
# (Tests wait for the second "ready to accept connections" for the same reason.)
initialize() {
  create_data_directory
  pg_ctl --pgdata "$PGDATA" --wait --options "-c listen_addresses='' -p 5432" start
  if [ "$POSTGRES_DB" != postgres ]; then
    # psql reads variables from standard input only, not from --command.
    psql_init --dbname postgres --set db="$POSTGRES_DB" <<<'CREATE DATABASE :"db";'
  fi
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    if [ -e "$file" ]; then run_init_file "$file"; fi
  done
  pg_ctl --pgdata "$PGDATA" --mode fast --wait stop
  echo "PostgreSQL init process complete; ready for start up."
}

if [ "${1:0:1}" = - ]; then
  set -- postgres "$@"
fi

if [ "$1" = postgres ]; then
  if [ "$(id -u)" = 0 ]; then
    mkdir -p "$PGDATA"
    chmod 0700 "$PGDATA"
    find "$PGDATA" \! -user postgres -exec chown postgres:postgres {} +
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
  fi
  if [ ! -s "$PGDATA/PG_VERSION" ]; then
    setting POSTGRES_USER postgres
    setting POSTGRES_DB "$POSTGRES_USER"
    setting POSTGRES_PASSWORD
    HOST_AUTH="${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}"
    if [ -z "$POSTGRES_PASSWORD" ] && [ "$HOST_AUTH" != trust ]; then
      echo "error: set POSTGRES_PASSWORD to a non-empty value for the superuser" >&2
      exit 1
    fi
    initialize
  fi
fi

exec "$@"
