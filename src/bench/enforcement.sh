# shellcheck shell=bash
built
src/end-to-end/build-binaries >&2
say "starting server, agents, etcd and kube-apiserver"
(cd src/end-to-end && mvn -B -ntp -q dependency:build-classpath -Dmdep.outputFile="$work/classpath" >&2 || true)
cd src/end-to-end
"$JAVA_HOME/bin/java" -cp "target/test-classes:$(cat "$work/classpath")" dev.certfleet.endtoend.EnforcementFigures "${1:-20}"
