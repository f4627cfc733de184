# Sourced by tests/run and tests/load/split: finds PostgreSQL and Redis, or as root installs them from
# Debian's packages, and starts throw-away servers on free ports of this machine. They are stopped and
# their files removed when the script that sourced this ends. It sets MINZHENG_TEST_POSTGRES,
# MINZHENG_TEST_REDIS, $scratch (a folder that goes too) and $redis_port. What else the script needs it
# names beforehand in the list `also`, as package=command.

scratch=$(mktemp -d "${TMPDIR:-/tmp}/minzheng-tests.XXXXXX")
as_postgres=()
pg_bin=""
# Processes of the script that sourced this, ended before the servers.
children=()
# Files of the system that were made here, for as long as packages are installed.
made=()
[ -n "${also+set}" ] || also=()

stop() {
  status=$?
  trap - EXIT INT TERM
  for pid in "${children[@]}"; do kill "$pid" 2>/dev/null || true; done
  [ ${#children[@]} = 0 ] || wait "${children[@]}" 2>/dev/null || true
  if [ -n "$pg_bin" ] && [ -f "$scratch/pg/data/postmaster.pid" ]; then
    pg pg_ctl -D "$scratch/pg/data" -m immediate -s stop || true
  fi
  rm -f "${made[@]}"
  if [ -f "$scratch/redis.pid" ]; then
    # Its last words go to its log, which must not come to be anew while the folder is removed.
    local redis
    redis=$(cat "$scratch/redis.pid")
    kill "$redis" 2>/dev/null || true
    for _ in $(seq 100); do kill -0 "$redis" 2>/dev/null || break; sleep 0.05; done
  fi
  rm -rf "$scratch"
  exit "$status"
}
trap stop EXIT INT TERM

# Runs one of PostgreSQL's programs as whom it may run, from where that user may be.
pg() { (cd "$scratch/pg" && "${as_postgres[@]}" "$pg_bin/$1" "${@:2}"); }

say() { printf '\n== %s\n' "$*" >&2; }

find_pg() {
  if command -v initdb >/dev/null && command -v pg_ctl >/dev/null; then dirname "$(command -v initdb)"; return; fi
  for dir in /usr/lib/postgresql/*/bin; do [ -x "$dir/initdb" ] && { echo "$dir"; return; }; done
  return 0
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' 2>/dev/null ||
    { while :; do p=$((20000 + RANDOM % 20000)); (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo "$p"; return; }; done; }
}

# Installed without being started: a policy that says no, and no default PostgreSQL cluster.
install_packages() {
  if [ "$(id -u)" != 0 ]; then
    echo "needed are PostgreSQL (initdb), redis-server and, for tests of pages and clients, chromium-driver, nodejs and npm; as root this installs them, otherwise: apt-get install $*" >&2
    exit 1
  fi
  say "Installing $* from Debian's packages"
  local policy=/usr/sbin/policy-rc.d cluster=/etc/postgresql-common/createcluster.conf
  if [ ! -e $policy ]; then made+=($policy); printf '#!/bin/sh\nexit 101\n' > $policy; chmod +x $policy; fi
  if [ ! -e $cluster ]; then
    made+=($cluster)
    mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' > $cluster
  fi
  # A new machine may be at its own updates: they are waited for, and what the network loses is asked for again.
  local apt=(apt-get -qq -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3)
  export DEBIAN_FRONTEND=noninteractive
  "${apt[@]}" update >/dev/null || { sleep 20; "${apt[@]}" update >/dev/null; }
  "${apt[@]}" install -y --no-install-recommends -o Dpkg::Options::=--force-confold "$@" >/dev/null
  rm -f "${made[@]}"
  made=()
}

missing=()
[ -n "$(find_pg)" ] || missing+=(postgresql)
command -v redis-server >/dev/null || missing+=(redis-server)
for package in "${also[@]}"; do command -v "${package##*=}" >/dev/null || missing+=("${package%%=*}"); done
[ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
pg_bin=$(find_pg)

say "Starting PostgreSQL and Redis on free ports"
mkdir "$scratch/pg"
if [ "$(id -u)" = 0 ]; then
  # PostgreSQL refuses to run as root.
  as_postgres=(runuser -u postgres --)
  chown postgres "$scratch/pg"
  chmod 711 "$scratch"
fi
pg initdb -D "$scratch/pg/data" -U minzheng --auth=trust -E UTF8 --locale=C.UTF-8 >/dev/null
pg_port=$(free_port)
# The servers live for minutes and hold generated data: durability is off here, and only here.
pg pg_ctl -D "$scratch/pg/data" -s -w -l "$scratch/pg/log" \
  -o "-p $pg_port -c listen_addresses=127.0.0.1 -k $scratch/pg -c fsync=off -c max_connections=500" start
redis_port=$(free_port)
redis-server --port "$redis_port" --bind 127.0.0.1 --save '' --appendonly no --dir "$scratch" \
  --daemonize yes --pidfile "$scratch/redis.pid" --logfile "$scratch/redis.log" >/dev/null

export MINZHENG_TEST_POSTGRES="postgres://minzheng@127.0.0.1:$pg_port/postgres"
export MINZHENG_TEST_REDIS="redis://127.0.0.1:$redis_port"
