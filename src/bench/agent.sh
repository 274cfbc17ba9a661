# shellcheck shell=bash
image=$root/ca-agent/target/image
[ -x "$image/bin/ca-agent" ] && [ -f "$(jar 2>/dev/null)" ] || built
say "server and one control-plane node, by the quickstart"
deploy/quickstart --data "$work/quickstart" --port-base 28500 >&2
agent=$(cat "$work/quickstart/agent.pid")
server=$(cat "$work/quickstart/server.pid")
pids=("$agent" "$server")
say "idle for a minute"
sleep 60
memory=$(rss_mb "$agent")
say "start to exit of 'ca-agent status', which asks the running agent"
times=()
for _ in 1 2 3 4 5; do
    began=$(millis)
    "$image/bin/ca-agent" status --settings "$work/quickstart/node/agent.yaml" >/dev/null
    times+=($(($(millis) - began)))
done
start=$(printf '%s\n' "${times[@]}" | sort -n | sed -n 3p)
echo "{\"image_mb\": $(du -sm "$image" | cut -f 1), \"command_ms\": $start, \"rss_mb\": $memory}"
