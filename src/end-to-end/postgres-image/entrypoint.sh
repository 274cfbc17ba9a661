#!/bin/sh
# Starts PostgreSQL as the official image does: the same variables, and a first start on an empty folder makes the
# database, so that Testcontainers' PostgreSQLContainer takes this image for that one.
set -eu

# Arguments that are only options are options of postgres.
case ${1:-} in
    '' | -*) set -- postgres "$@" ;;
esac

if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
    user=${POSTGRES_USER:-postgres}
    database=${POSTGRES_DB:-$user}
    if [ -z "${POSTGRES_PASSWORD:-}" ] && [ "${POSTGRES_HOST_AUTH_METHOD:-}" != trust ]; then
        echo "Set POSTGRES_PASSWORD: the superuser of a new database needs a password." >&2
        exit 1
    fi
    (umask 077 && printf '%s\n' "${POSTGRES_PASSWORD:-unused}" >/tmp/password)
    # shellcheck disable=SC2086  # POSTGRES_INITDB_ARGS holds several arguments
    initdb --no-sync --pgdata="$PGDATA" --username="$user" --pwfile=/tmp/password --encoding=UTF8 \
        --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C --auth-local=trust \
        --auth-host="${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" ${POSTGRES_INITDB_ARGS:-}
    rm /tmp/password
    echo "host all all all ${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >>"$PGDATA/pg_hba.conf"
    # Once with no port open, as the official image does; those who wait for the log wait for the second "ready".
    pg_ctl start --pgdata="$PGDATA" --wait --options="-c listen_addresses=''"
    pg_ctl stop --pgdata="$PGDATA" --mode=fast --wait
    if [ "$database" != postgres ]; then
        echo "CREATE DATABASE \"$database\"" | postgres --single -D "$PGDATA" postgres >/dev/null
    fi
fi

if [ "$1" = postgres ]; then
    shift
    set -- postgres -c "listen_addresses=*" "$@"
fi
exec "$@"
