# shellcheck shell=bash
built
src/end-to-end/build-binaries >&2
say "starting server, agents, etcd and kube-apiserver"
# Each module writes its class path; the last one's stays.
mvn -B -ntp -q -pl src/end-to-end -am -DskipTests -Dmdep.outputFile="$work/classpath" \
    test-compile dependency:build-classpath >&2
cd src/end-to-end
"$JAVA_HOME/bin/java" -cp "target/test-classes:$(cat "$work/classpath")" dev.certfleet.endtoend.EnforcementFigures "${1:-100}"
