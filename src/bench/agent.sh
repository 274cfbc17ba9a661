# shellcheck shell=bash
# The agent's own figures, and those of what else keeps certificates on a node, in the same run. A peer that is not there is left
# out, and said: certmonger is Debian's; for the others name a folder with step, step-ca, spire-agent and spire-server in
# CERTFLEET_PEERS (~/.cache/certfleet/peers), made by
#   CGO_ENABLED=0 go install github.com/smallstep/cli/cmd/step@v0.30.2 github.com/smallstep/certificates/cmd/step-ca@v0.30.2
# and `go build github.com/spiffe/spire/cmd/...` in a module that requires v1.13.3.
image=$root/ca-agent/target/image
peers=${CERTFLEET_PEERS:-$HOME/.cache/certfleet/peers}
renewals=${1:-20}
idle=${2:-90}
[ -x "$image/bin/ca-agent" ] && [ -f "$(jar 2>/dev/null)" ] || built
figures=()
figure() { figures+=("\"$1\": $2"); say "  $1 $2"; }

# --- what /proc knows of a process and all its threads
kilobytes() { awk -v key="$2:" '$1 == key { print $2 }' "/proc/$1/smaps_rollup"; }
mb_of() { awk -v kb="$(kilobytes "$1" "$2")" 'BEGIN { printf "%.1f", kb / 1024 }'; }
cpu_ns() { cat "/proc/$1"/task/*/schedstat | awk '{ sum += $1 } END { printf "%.0f", sum }'; }
per_hour() { awk -v ns="$1" -v s="$2" 'BEGIN { printf "%.2f", ns / 1e9 * 3600 / s }'; }
middle() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }
free_port() { perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport'; }

say "server and one control-plane node, by the quickstart"
deploy/quickstart --data "$work/quickstart" --port-base 28500 >&2
agent=$(cat "$work/quickstart/agent.pid")
pids=("$agent" "$(cat "$work/quickstart/server.pid")")
quick=$work/quickstart
call() {
    curl -sS --fail-with-body --max-time 30 --cacert "$quick/server/installation-ca.crt" --cert "$quick/server/operator-admin.pem" \
        -X "$1" "https://localhost:28500/api/v1$2" ${3:+-H 'Content-Type: application/json' -d "$3"}
}
# node NAME ROLES: settings and a token in a folder of its own
node() {
    mkdir -p "$work/$1"
    call POST /clusters/demo/enrolment-tokens "{\"nodeNamePattern\":\"$1\",\"roles\":[$2],\"expiresIn\":\"PT1H\"}" |
        sed -n 's/.*"token" *: *"\([^"]*\)".*/\1/p' >"$work/$1/token"
    chmod 600 "$work/$1/token"
    sed -e "s|$quick/node|$work/$1|g" -e "s/name: .*/name: $1/" -e "s/metrics: .*/metrics: off/" -e "s/port: .*/port: $(free_port)/" \
        "$quick/node/agent.yaml" >"$work/$1/agent.yaml"
    # Another node of the same cluster has this machine's addresses.
    sed -i "s/^node:/node:\n  addresses: [$3]/" "$work/$1/agent.yaml"
}

figure image_mb "$(du -sm "$image" | cut -f 1)"

say "process start to first request sent, by an agent that enrols"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=bench -keyout "$work/ca.key" -out "$work/ca.crt" 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout "$work/tls.key" -out "$work/tls.csr" 2>/dev/null
openssl x509 -req -in "$work/tls.csr" -CA "$work/ca.crt" -CAkey "$work/ca.key" -days 1 -out "$work/tls.crt" \
    -extfile <(printf 'subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n') 2>/dev/null
times=()
for try in 1 2 3 4 5 6 7; do
    port=$(free_port)
    mkdir -p "$work/start-$try"
    head -c 32 /dev/urandom | base64 >"$work/start-$try/token"
    chmod 600 "$work/start-$try/token"
    cat >"$work/start-$try/agent.yaml" <<YAML
server: {addresses: ["https://localhost:$port"], caFingerprint: "sha256:$(openssl x509 -in "$work/ca.crt" -outform DER | sha256sum | cut -d ' ' -f 1)"}
enrolment: {tokenFile: $work/start-$try/token}
node: {name: start, addresses: [10.0.0.1]}
paths: {kubernetes: $work/start-$try/kubernetes, state: $work/start-$try/state}
control: {metrics: off}
YAML
    openssl s_server -quiet -accept "$port" -cert "$work/tls.crt" -key "$work/tls.key" -cert_chain "$work/ca.crt" 2>/dev/null \
        < <(sleep 30) > >(read -r first; printf '%s %s\n' "$(millis)" "$first" >"$work/start-$try/first"; cat >/dev/null) &
    listener=$!
    sleep 0.3
    began=$(millis)
    "$image/bin/ca-agent" run --settings "$work/start-$try/agent.yaml" >"$work/start-$try/log" 2>&1 &
    started=$!
    for _ in $(seq 200); do [ -s "$work/start-$try/first" ] && break; sleep 0.02; done
    kill "$started" "$listener" 2>/dev/null || true
    wait "$started" "$listener" 2>/dev/null || true
    grep -q ' POST /api/v1/enrolments' "$work/start-$try/first" || { cat "$work/start-$try/log" >&2; exit 1; }
    times+=($(($(cut -d ' ' -f 1 "$work/start-$try/first") - began)))
done
figure start_ms "$(middle "${times[@]}")"

say "agent start to all certificates and kubeconfigs of a control-plane node on disk, enrolment included"
expected=$(find "$quick/node/etc/kubernetes" -type f | wc -l)
times=()
for try in 1 2 3; do
    node "boot-$try" '"control-plane","etcd"' "10.99.0.$try"
    began=$(millis)
    "$image/bin/ca-agent" run --settings "$work/boot-$try/agent.yaml" >"$work/boot-$try/log" 2>&1 &
    started=$!
    pids+=("$started")
    for _ in $(seq 600); do
        [ "$(find "$work/boot-$try/etc/kubernetes" -type f 2>/dev/null | wc -l)" -ge "$expected" ] && break
        sleep 0.02
    done
    times+=($(($(millis) - began)))
    [ "$(find "$work/boot-$try/etc/kubernetes" -type f | wc -l)" -ge "$expected" ] || { cat "$work/boot-$try/log" >&2; exit 1; }
    kill "$started"
    wait "$started" 2>/dev/null || true
done
figure boot_ms "$(middle "${times[@]}")"

say "start to exit of 'ca-agent status', which asks the running agent"
times=()
for _ in 1 2 3 4 5; do
    began=$(millis)
    "$image/bin/ca-agent" status --settings "$quick/node/agent.yaml" >/dev/null
    times+=($(($(millis) - began)))
done
figure command_ms "$(middle "${times[@]}")"

say "a name added to the cluster, to the API server's new certificate on disk"
apiserver=$quick/node/etc/kubernetes/pki/apiserver.crt
times=()
for try in 1 2 3; do
    began=$(millis)
    call PATCH /clusters/demo "{\"extraNames\":[\"name-$try.example.org\"]}" >/dev/null 2>&1 || break
    for _ in $(seq 1500); do
        openssl x509 -in "$apiserver" -noout -checkhost "name-$try.example.org" 2>/dev/null | grep -q 'does match' && break
        sleep 0.02
    done
    times+=($(($(millis) - began)))
done
# kube-apiserver takes it from there within the moment that inotify needs; the end-to-end runs see it served.
if [ ${#times[@]} = 3 ]; then figure san_change_on_disk_ms "$(middle "${times[@]}")"; else say "left out: this server's clusters cannot be changed"; fi

say "'ca-agent once' on a worker, as the timer starts it"
node worker '"worker"' 10.99.0.9
printf 'kubernetes: {apiServer: "https://10.99.0.1:6443"}\n' >>"$work/worker/agent.yaml"
"$image/bin/ca-agent" once --settings "$work/worker/agent.yaml" >&2
began=$(millis)
"$image/bin/ca-agent" once --settings "$work/worker/agent.yaml" >&2
figure timer_run_ms $(($(millis) - began))
between=0
for pid in $(pgrep -f "$work/worker/agent.yaml" || true); do between=$((between + $(kilobytes "$pid" Rss) / 1024)); done
figure timer_rss_mb "$between"

say "$renewals times every certificate renewed, then idle"
for _ in $(seq "$renewals"); do "$image/bin/ca-agent" renew --settings "$quick/node/agent.yaml" >/dev/null; done
mkdir "$work/sleeper"
printf 'class Sleeper { public static void main(String[] a) throws Exception { Thread.sleep(86400000); } }\n' >"$work/sleeper/Sleeper.java"
"$JAVA_HOME/bin/javac" -d "$work/sleeper" "$work/sleeper/Sleeper.java"
"$image/bin/java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -cp "$work/sleeper" Sleeper &
sleeper=$!
pids+=("$sleeper")
# Until the native heap was trimmed and the start's compilations are over.
sleep 45
cpu_agent=$(cpu_ns "$agent") cpu_sleeper=$(cpu_ns "$sleeper") began=$(millis)
sleep "$idle"
seconds=$(awk -v ms=$(($(millis) - began)) 'BEGIN { print ms / 1000 }')
of_agent=$(per_hour $(($(cpu_ns "$agent") - cpu_agent)) "$seconds")
of_sleeper=$(per_hour $(($(cpu_ns "$sleeper") - cpu_sleeper)) "$seconds")
figure idle_cpu_s_per_h "$(awk -v a="$of_agent" -v b="$of_sleeper" 'BEGIN { printf "%.2f", a - b }')"
figure sleeping_jvm_cpu_s_per_h "$of_sleeper"
figure rss_mb "$(mb_of "$agent" Rss)"
figure pss_mb "$(mb_of "$agent" Pss)"
figure anonymous_mb "$(mb_of "$agent" Anonymous)"
figure sleeping_jvm_rss_mb "$(mb_of "$sleeper" Rss)"

# --- peers: each holds one certificate of a CA on this machine and has nothing to do
measure_peer() {
    local before
    if ! kill -0 "$2" 2>/dev/null; then
        say "$1 did not stay: left out"
        return
    fi
    before=$(cpu_ns "$2")
    sleep 10
    figure "$1_rss_mb" "$(mb_of "$2" Rss)"
    figure "$1_anonymous_mb" "$(mb_of "$2" Anonymous)"
    figure "$1_idle_cpu_s_per_h" "$(per_hour $(($(cpu_ns "$2") - before)) 10)"
}
say "certmonger"
if command -v certmonger >/dev/null && command -v dbus-daemon >/dev/null; then
    mkdir -p "$work/certmonger/requests" "$work/certmonger/cas" "$work/certmonger/local"
    export DBUS_SESSION_BUS_ADDRESS=unix:path=$work/certmonger/bus
    dbus-daemon --session --nofork --nopidfile --address="$DBUS_SESSION_BUS_ADDRESS" >/dev/null 2>&1 &
    pids+=($!)
    sleep 1
    CERTMONGER_REQUESTS_DIR=$work/certmonger/requests CERTMONGER_CAS_DIR=$work/certmonger/cas \
        CERTMONGER_LOCAL_CA_DIR=$work/certmonger/local certmonger -S -n -B >"$work/certmonger/log" 2>&1 &
    certmonger=$!
    pids+=("$certmonger")
    sleep 3
    getcert request -s -c local -k "$work/certmonger/key.pem" -f "$work/certmonger/cert.pem" -N CN=bench >&2 || true
    for _ in $(seq 50); do [ -s "$work/certmonger/cert.pem" ] && break; sleep 0.2; done
    if [ -s "$work/certmonger/cert.pem" ]; then measure_peer certmonger "$certmonger"; else say "certmonger issued nothing: left out"; fi
else
    say "left out: there is no certmonger"
fi
say "step ca renew --daemon"
if [ -x "$peers/step" ] && [ -x "$peers/step-ca" ]; then
    export STEPPATH=$work/step
    port=$(free_port)
    printf 'bench' >"$work/password"
    "$peers/step" ca init --name bench --dns localhost --address "127.0.0.1:$port" --provisioner bench --deployment-type standalone \
        --password-file "$work/password" >/dev/null 2>&1
    "$peers/step-ca" --password-file "$work/password" "$STEPPATH/config/ca.json" >"$work/step-ca.log" 2>&1 &
    pids+=($!)
    for _ in $(seq 50); do "$peers/step" ca health >/dev/null 2>&1 && break; sleep 0.2; done
    "$peers/step" ca certificate bench "$work/step.crt" "$work/step.key" --provisioner bench --provisioner-password-file "$work/password" >/dev/null 2>&1
    "$peers/step" ca renew --daemon --force "$work/step.crt" "$work/step.key" >"$work/step.log" 2>&1 &
    step=$!
    pids+=("$step")
    sleep 5
    measure_peer step_renew "$step"
else
    say "left out: there is no step and step-ca in $peers"
fi
say "spire-agent"
if [ -x "$peers/spire-agent" ] && [ -x "$peers/spire-server" ]; then
    port=$(free_port)
    mkdir -p "$work/spire"
    cat >"$work/spire/server.conf" <<CONF
server { bind_address = "127.0.0.1" bind_port = "$port" trust_domain = "bench" data_dir = "$work/spire/server" socket_path = "$work/spire/server.sock" log_level = "WARN" }
plugins {
  DataStore "sql" { plugin_data { database_type = "sqlite3" connection_string = "$work/spire/db.sqlite3" } }
  NodeAttestor "join_token" { plugin_data {} }
  KeyManager "memory" { plugin_data {} }
}
CONF
    "$peers/spire-server" run -config "$work/spire/server.conf" >"$work/spire/server.log" 2>&1 &
    pids+=($!)
    for _ in $(seq 50); do "$peers/spire-server" healthcheck -socketPath "$work/spire/server.sock" >/dev/null 2>&1 && break; sleep 0.2; done
    token=$("$peers/spire-server" token generate -socketPath "$work/spire/server.sock" -spiffeID spiffe://bench/node | awk '/^Token/ { print $2 }')
    "$peers/spire-server" bundle show -socketPath "$work/spire/server.sock" >"$work/spire/bundle.pem"
    cat >"$work/spire/agent.conf" <<CONF
agent { data_dir = "$work/spire/agent" log_level = "WARN" server_address = "127.0.0.1" server_port = "$port" socket_path = "$work/spire/agent.sock" trust_bundle_path = "$work/spire/bundle.pem" trust_domain = "bench" join_token = "$token" }
plugins {
  NodeAttestor "join_token" { plugin_data {} }
  KeyManager "disk" { plugin_data { directory = "$work/spire" } }
  WorkloadAttestor "unix" { plugin_data {} }
}
CONF
    "$peers/spire-agent" run -config "$work/spire/agent.conf" >"$work/spire/agent.log" 2>&1 &
    spire=$!
    pids+=("$spire")
    for _ in $(seq 50); do "$peers/spire-agent" healthcheck -socketPath "$work/spire/agent.sock" >/dev/null 2>&1 && break; sleep 0.2; done
    if kill -0 "$spire" 2>/dev/null; then measure_peer spire_agent "$spire"; else tail -n 3 "$work/spire/agent.log" >&2; say "spire-agent did not run: left out"; fi
else
    say "left out: there is no spire-agent and spire-server in $peers"
fi

(IFS=,; echo "{${figures[*]}}" | sed 's/,"/, "/g')
