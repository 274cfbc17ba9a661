# shellcheck shell=bash
[ -f "$(jar 2>/dev/null)" ] || built
"$JAVA_HOME/bin/java" -Djarmode=tools -jar "$(jar)" extract --destination "$work/program" >/dev/null
times=()
for start in first second third; do
    say "$start start"
    began=$(millis)
    "$JAVA_HOME/bin/java" "@$root/deploy/server/java.options" \
        -jar "$work/program/$(basename "$(jar)")" --certfleet.data="$work/data" \
        --certfleet.api=127.0.0.1:28443 --certfleet.status=127.0.0.1:28080 --certfleet.management=127.0.0.1:29090 \
        >"$work/$start.log" 2>&1 &
    pid=$!
    pids=("$pid")
    until grep -qs "certfleet is ready" "$work/$start.log"; do
        kill -0 "$pid" 2>/dev/null || { cat "$work/$start.log" >&2; exit 1; }
        sleep 0.05
    done
    times+=($(($(millis) - began)))
    sleep 5
    memory=$(rss_mb "$pid")
    kill "$pid"
    wait "$pid" || true
done
echo "{\"first_start_ms\": ${times[0]}, \"start_ms\": ${times[2]}, \"rss_mb\": $memory}"
