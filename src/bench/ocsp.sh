# shellcheck shell=bash
# The server, its PostgreSQL and each peer run on one core, clients on the other. Certificates are rows that were put into the
# database, under a real authority, before the server started.
seconds=${1:-10} certificates=${2:-100000} many=${3:-1000000}
warm=$((seconds * 5))
core=${BENCH_CORE:-0} client=${BENCH_CLIENT_CORE:-1}
lua=$root/src/bench/ocsp
port=27000

missing=
for tool in wrk nginx curl openssl psql; do command -v $tool >/dev/null || missing="$missing $tool"; done
postgres=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1) || true
[ -n "$postgres" ] || missing="$missing postgresql"
if [ -n "$missing" ]; then
    say "installing:$missing"
    apt-get install -qq -y --no-install-recommends wrk nginx-light curl openssl postgresql >/dev/null
    postgres=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
fi
[ -f "$(jar 2>/dev/null)" ] || built
chmod 755 "$work"
"$JAVA_HOME/bin/java" -Djarmode=tools -jar "$(jar)" extract --destination "$work/program" >/dev/null
"$JAVA_HOME/bin/javac" -d "$work/tools" "$lua"/*.java

# PostgreSQL does not run as root.
as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
mkdir "$work/pg"
[ "$(id -u)" != 0 ] || chown postgres "$work/pg"
as_postgres "$postgres/initdb" -D "$work/pg/data" -U certfleet -A trust >/dev/null
as_postgres taskset -c "$core" "$postgres/postgres" -D "$work/pg/data" -p $((port + 32)) -k "$work/pg" \
    -c listen_addresses=127.0.0.1 >"$work/pg.log" 2>&1 &
pids+=($!)
sql() { psql -X -q -h 127.0.0.1 -p $((port + 32)) -U certfleet -d certfleet -v ON_ERROR_STOP=1 -At "$@"; }
until "$postgres/createdb" -h 127.0.0.1 -p $((port + 32)) -U certfleet certfleet 2>/dev/null; do sleep 0.2; done
pids+=("$(head -n 1 "$work/pg/data/postmaster.pid")")

# server NAME OFFSET CORE HEAP: starts one and waits; its pid is in server_pid
server() {
    : >"$work/$1.log"
    taskset -c "$3" "$JAVA_HOME/bin/java" "@$root/deploy/server/java.options" "-Xmx$4" \
        -jar "$work/program/$(basename "$(jar)")" --certfleet.data="$work/$1" ${sealing:+"--certfleet.sealing-key-file=$sealing"} \
        --certfleet.database.url=jdbc:postgresql://127.0.0.1:$((port + 32))/certfleet --certfleet.database.username=certfleet \
        --certfleet.api=127.0.0.1:$(($2 + 1)) --certfleet.status=127.0.0.1:"$2" --certfleet.management=127.0.0.1:$(($2 + 2)) \
        --certfleet.ocsp.window="${window:-PT10M}" >"$work/$1.log" 2>&1 &
    server_pid=$!
    pids+=("$server_pid")
    until grep -qs "certfleet is ready" "$work/$1.log"; do
        kill -0 "$server_pid" 2>/dev/null || { cat "$work/$1.log" >&2; exit 1; }
        sleep 0.1
    done
}
stop() { kill "$1" 2>/dev/null || true; wait "$1" 2>/dev/null || true; }
call() {
    curl -sS --max-time 30 --cacert "$work/first/installation-ca.crt" --cert "$work/operator.pem" -H 'Content-Type: application/json' \
        "https://localhost:$((port + 1))/api/v1$1" ${2:+-d "$2"}
}
# rows FROM TO: certificates of the cluster's authority, by number
rows() {
    sql -c "SET session_replication_role = replica;
        INSERT INTO certificate (serial, authority, cluster, profile, subject, dns_names, addresses, public_key_hash, not_before,
            not_after, state, contents, requester, request_id, request_hash, reserved_at, fingerprint, certificate, issued_at)
        SELECT serial, 'bench-kubernetes-1', 'bench', 'kubelet-client', 'CN=bench', '{}', '{}', sha256(serial), now(),
            now() + interval '30 days', 'issued', '', 'bench', encode(serial, 'hex'), sha256(serial), now(), sha256(serial), serial, now()
        FROM (SELECT set_byte(substring(sha256(('bench ' || g)::bytea) FROM 1 FOR 16), 0, 64 + g % 64) AS serial
            FROM generate_series($1, $2) g) s; ANALYZE certificate;"
}
serials() { sql -c "SELECT encode(serial, 'hex') FROM certificate WHERE requester = 'bench' ORDER BY serial $1"; }
# requests CA SERIALS OUT [nonce]
requests() {
    local first
    first=$(head -n 1 "$2")
    openssl ocsp -issuer "$1" -serial "0x$first" -no_nonce -reqout "$work/template.der" >/dev/null 2>&1
    "$JAVA_HOME/bin/java" -cp "$work/tools" Requests "$work/template.der" "$first" "$2" "$3" ${4:-}
}
# load MODE LIST PORT SECONDS [PREFIX]: requests a second, p50 and p99 in milliseconds, errors
load() {
    MODE=$1 LIST=$2 PREFIX=${5-/ocsp} taskset -c "$client" wrk -t 1 -c 16 -d "$4" --latency -s "$lua/load.lua" \
        "http://127.0.0.1:$3" 2>>"$work/wrk.log" | sed -n 's/^figures //p'
}
rate() { cut -d ' ' -f 1 <<<"$1"; }
p99() { cut -d ' ' -f 3 <<<"$1"; }
failed() { cut -d ' ' -f 4 <<<"$1"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", (b > 0 ? a / b : 0) }'; }
clean() { [ "$(failed "$2")" = 0 ] || { say "$1: $(failed "$2") requests failed"; exit 1; }; }
metric() { curl -sS "http://127.0.0.1:$((port + 2))/actuator/prometheus" | awk -v m="$1" 'index($0, m) == 1 { print int($NF) }'; }
heap() {
    "$JAVA_HOME/bin/jcmd" "$1" GC.run >/dev/null
    "$JAVA_HOME/bin/jcmd" "$1" GC.run >/dev/null
    "$JAVA_HOME/bin/jstat" -gc "$1" | awk 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        NR == 2 { printf "%d", ($at["S0U"] + $at["S1U"] + $at["EU"] + $at["OU"]) * 1024 }'
}

say "starting the server, and putting $certificates certificates into its database"
server first $port "$core" 1g
cp "$work/first/operator-admin.pem" "$work/operator.pem"
call /clusters "{\"name\":\"bench\",\"statusUrl\":\"http://127.0.0.1:$port\"}" >/dev/null
curl -sSf "http://127.0.0.1:$port/ca/bench-kubernetes-1.crt" | openssl x509 -inform DER -out "$work/ca.pem"
sleep 2
heap_without=$(heap $server_pid)
stop $server_pid
rows 1 "$certificates"
serials "" >"$work/serials"
requests "$work/ca.pem" "$work/serials" "$work/plain"
requests "$work/ca.pem" "$work/serials" "$work/nonce" nonce
server first $port "$core" 1g
served=$server_pid

verified() { # SERIAL STATUS: openssl ocsp verifies the answer
    openssl ocsp -issuer "$work/ca.pem" -CAfile "$work/ca.pem" -url "http://127.0.0.1:$port/ocsp" -serial "0x$1" ${3:-} 2>&1 |
        tr '\n' ' ' | grep -q "Response verify OK.*0x$1: $2" || { say "the answer for $1 is not '$2', or does not verify"; exit 1; }
}
# Revokes certificates from the list's end, two a second, and has openssl look at each, and at one that is good.
revocations() {
    local serial fingerprint good
    taskset -pc "$client" "$BASHPID" >/dev/null
    # Beside the client, and never in its way.
    chrt --idle --pid 0 "$BASHPID"
    tail -n 600 "$work/serials" | head -n 400 | while read -r serial && [ ! -e "$work/enough" ]; do
        fingerprint=$(sql -c "SELECT encode(fingerprint, 'hex') FROM certificate WHERE serial = '\\x$serial'")
        call /revocations "{\"certificate\":\"$fingerprint\",\"reason\":\"cessationOfOperation\"}" >"$work/revocation"
        grep -q revokedAt "$work/revocation" || { cat "$work/revocation" >&2; exit 1; }
        verified "$serial" revoked -no_nonce
        good=$(sed -n "$((RANDOM % (certificates / 2) + 1))p" "$work/serials")
        verified "$good" good -no_nonce
        echo >>"$work/verified"
        sleep 0.4
    done
}
say "warming up, with revocations arriving and samples verified by openssl from now on"
: >"$work/verified"
(revocations) &
revoking=$!
load post "$work/nonce" $port $((seconds * 2)) >/dev/null
load post "$work/plain" $port $((seconds * 2)) >/dev/null
load get "$work/plain" $port "$warm" >/dev/null
say "OCSP by GET"
get=$(load get "$work/plain" $port "$seconds")
clean "GET" "$get"
kill -0 $revoking 2>/dev/null || { wait $revoking || exit 1; }
say "OCSP by POST"
post=$(load post "$work/plain" $port "$seconds")
clean "POST" "$post"
say "OCSP with a nonce"
live=$(load post "$work/nonce" $port "$seconds")
clean "nonce" "$live"
kill -0 $revoking 2>/dev/null || { wait $revoking || exit 1; }
touch "$work/enough"
wait $revoking || true
samples=$(wc -l <"$work/verified")
verified "$(head -n 1 "$work/serials")" good
say "verified by openssl meanwhile: $samples revoked, $samples good; GET $get, POST $post, nonce $live"

say "nginx with files of the same size"
curl -sSf -o "$work/answer" "http://127.0.0.1:$port/ocsp/$(head -n 1 "$work/plain" | cut -d ' ' -f 1)"
size=$(stat -c %s "$work/answer")
mkdir -p "$work/www"
head -n 1000 "$work/serials" | while read -r serial; do cp "$work/answer" "$work/www/$serial"; echo "/$serial"; done >"$work/files"
cat >"$work/nginx.conf" <<CONF
daemon off; worker_processes 1; pid $work/nginx.pid; error_log $work/nginx.log; user $(id -un);
events { worker_connections 1024; }
http { access_log off; keepalive_requests 100000000; open_file_cache max=2000; tcp_nodelay on; sendfile on; default_type application/ocsp-response;
    client_body_temp_path $work/t1; proxy_temp_path $work/t2; fastcgi_temp_path $work/t3; uwsgi_temp_path $work/t4; scgi_temp_path $work/t5;
    server { listen 127.0.0.1:$((port + 40)); root $work/www; } }
CONF
taskset -c "$core" nginx -c "$work/nginx.conf" &
nginx=$!
pids+=("$nginx")
sleep 1
load path "$work/files" $((port + 40)) 2 >/dev/null
static=$(load path "$work/files" $((port + 40)) "$seconds")
clean "nginx" "$static"
stop $nginx
say "nginx: $static"

say "openssl speed"
sign=$(taskset -c "$core" openssl speed -seconds 3 ecdsap256 2>/dev/null | awk '/256 bits ecdsa/ { print $(NF - 1) }')

cfssl=${CFSSL:-$(command -v cfssl || true)}
if [ -z "$cfssl" ] && command -v go >/dev/null; then
    say "building cfssl"
    GOBIN=$work/go CGO_ENABLED=0 go install github.com/cloudflare/cfssl/cmd/cfssl@v1.6.5 2>/dev/null && cfssl=$work/go/cfssl
fi
to_cfssl=null cfssl_rate=null
if [ -n "$cfssl" ]; then
    say "cfssl ocspserve"
    head -n 1000 "$work/plain" | cut -d ' ' -f 1 | while read -r path; do
        curl -sSf "http://127.0.0.1:$port/ocsp/$path" | base64 -w 0
        echo
    done >"$work/responses"
    head -n 1000 "$work/plain" >"$work/thousand"
    taskset -c "$core" "$cfssl" ocspserve -address 127.0.0.1 -port $((port + 41)) -responses "$work/responses" -loglevel 5 >"$work/cfssl.log" 2>&1 &
    peer=$!
    pids+=("$peer")
    sleep 2
    load get "$work/thousand" $((port + 41)) 2 "" >/dev/null
    cfssl_figures=$(load get "$work/thousand" $((port + 41)) "$seconds" "")
    say "cfssl: $cfssl_figures"
    cfssl_rate=$(rate "$cfssl_figures")
    to_cfssl=$(ratio "$(rate "$get")" "$cfssl_rate")
    stop $peer
fi

say "openssl ocsp"
mkdir "$work/openssl"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/openssl/key" -out "$work/openssl/ca.pem" -subj /CN=peer -days 30 2>/dev/null
head -n 1000 "$work/serials" >"$work/openssl/serials"
while read -r serial; do printf 'V\t491231235959Z\t\t%s\tunknown\t/CN=%s\n' "${serial^^}" "$serial"; done <"$work/openssl/serials" >"$work/openssl/index"
requests "$work/openssl/ca.pem" "$work/openssl/serials" "$work/openssl/nonce" nonce
taskset -c "$core" openssl ocsp -port $((port + 42)) -index "$work/openssl/index" -CA "$work/openssl/ca.pem" -rsigner "$work/openssl/ca.pem" \
    -rkey "$work/openssl/key" -ignore_err >"$work/openssl/log" 2>&1 &
peer=$!
pids+=("$peer")
for _ in $(seq 50); do
    openssl ocsp -issuer "$work/openssl/ca.pem" -url "http://127.0.0.1:$((port + 42))/" -noverify \
        -serial "0x$(head -n 1 "$work/openssl/serials")" 2>/dev/null | grep -q good && break
    sleep 0.2
done
# Both by the same client, which makes a connection for each request.
each() { taskset -c "$client" "$JAVA_HOME/bin/java" -cp "$work/tools" ConnectionEach "$@" | sed -n 's/^figures //p'; }
openssl_figures=$(each $((port + 42)) / "$work/openssl/nonce" "$seconds")
each_live=$(each "$port" /ocsp "$work/nonce" "$seconds")
clean "openssl ocsp" "$openssl_figures"
clean "a connection each" "$each_live"
say "a connection for each request: openssl ocsp $openssl_figures, certfleet $each_live"
stop $peer

say "from a revocation at one server to the answer of another"
sealing=$work/first/sealing.key server second $((port + 10)) "$client" 1g
sql -c "SELECT encode(fingerprint, 'hex') || ' ' || encode(serial, 'hex') FROM certificate WHERE requester = 'bench'
    ORDER BY serial OFFSET $((certificates / 2)) LIMIT 120" >"$work/fingerprints"
cut -d ' ' -f 2 "$work/fingerprints" >"$work/lagged"
requests "$work/ca.pem" "$work/lagged" "$work/lagged.requests"
paste -d ' ' "$work/fingerprints" <(cut -d ' ' -f 1 "$work/lagged.requests") >"$work/lag"
openssl pkcs12 -export -in "$work/operator.pem" -out "$work/operator.p12" -passout pass:bench
taskset -c "$client" "$JAVA_HOME/bin/java" -cp "$work/tools" Lag "https://localhost:$((port + 1))/api/v1" "$work/operator.p12" \
    "$work/first/installation-ca.crt" "http://127.0.0.1:$((port + 10))" "$work/lag" | tail -n +21 | sort -n >"$work/lags"
lag_p50=$(awk '{ v[NR] = $1 } END { printf "%.1f", v[int((NR + 1) / 2)] }' "$work/lags")
lag_p99=$(awk '{ v[NR] = $1 } END { printf "%.1f", v[int(NR * 0.99)] }' "$work/lags")
stop $server_pid
stop $served

bytes=null
if [ "$many" -gt "$certificates" ]; then
    say "memory at $many certificates"
    rows $((certificates + 1)) "$many"
    window=PT1M server first $port "$core,$client" 2g
    until signed=$(metric certfleet_ocsp_signatures_total\{when=\"ahead\"\}) && [ "${signed:-0}" -ge "$many" ]; do sleep 1; done
    heap_with=$(heap $server_pid)
    bytes=$(((heap_with - heap_without) / many))
    stop $server_pid
fi

cat <<JSON | tr -d '\n'
{"ocsp_get_to_nginx": $(ratio "$(rate "$get")" "$(rate "$static")"), "ocsp_get_p99_ms": $(p99 "$get"),
 "ocsp_post_to_nginx": $(ratio "$(rate "$post")" "$(rate "$static")"), "ocsp_live_to_openssl_sign": $(ratio "$(rate "$live")" "$sign"),
 "ocsp_to_cfssl": $to_cfssl, "ocsp_live_to_openssl_ocsp": $(ratio "$(rate "$each_live")" "$(rate "$openssl_figures")"),
 "ocsp_replica_p99_ms": $lag_p99, "bytes_per_certificate": $bytes, "ocsp_replica_p50_ms": $lag_p50,
 "get_per_second": $(rate "$get"), "post_per_second": $(rate "$post"), "live_per_second": $(rate "$live"),
 "post_p99_ms": $(p99 "$post"), "live_p99_ms": $(p99 "$live"), "nginx_per_second": $(rate "$static"), "nginx_p99_ms": $(p99 "$static"),
 "openssl_signatures_per_second": $sign, "cfssl_per_second": $cfssl_rate, "openssl_ocsp_per_second": $(rate "$openssl_figures"), "live_connection_each_per_second": $(rate "$each_live"),
 "answer_octets": $size, "certificates": $certificates, "samples_verified": $((2 * samples))}
JSON
echo
