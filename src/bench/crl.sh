# shellcheck shell=bash
# The server itself, with 256 MB of heap, in the class dev.certfleet.server.crl.CrlBench; OpenSSL and Go check what it made.
entries=${1:-1000000}
[ -f "$(jar 2>/dev/null)" ] || built
[ -d "$root/ca-server/target/test-classes/dev/certfleet/server/crl" ] || { say "building the tests"; mvn -B -ntp -q -pl ca-server -am test-compile >&2; }
"$JAVA_HOME/bin/java" -Djarmode=tools -jar "$(jar)" extract --destination "$work/program" >/dev/null
mkdir "$work/results"
"$JAVA_HOME/bin/java" -XX:+UseSerialGC -Xmx256m --enable-native-access=ALL-UNNAMED \
    -cp "$work/program/*:$work/program/lib/*:$root/ca-server/target/test-classes" \
    dev.certfleet.server.crl.CrlBench "$work/results" "$entries" --certfleet.data="$work/data" \
    --certfleet.api=127.0.0.1:0 --certfleet.status=127.0.0.1:0 --certfleet.management=127.0.0.1:0 \
    >"$work/out" || { cat "$work/out" >&2; exit 1; }
say "checking with OpenSSL and Go"
cd "$work/results"
openssl x509 -inform DER -in ca.der -out ca.pem
for crl in full delta; do
    openssl crl -inform DER -in "$crl.crl" -CAfile ca.pem -noout 2>&1 | grep -q 'verify OK' || { say "OpenSSL refuses $crl.crl"; exit 1; }
done
# shellcheck source=src/end-to-end/find-go
. "$root/src/end-to-end/find-go"
cat >count.go <<'GO'
package main

import (
	"crypto/x509"
	"fmt"
	"os"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	ca, err := os.ReadFile("ca.der")
	must(err)
	issuer, err := x509.ParseCertificate(ca)
	must(err)
	der, err := os.ReadFile(os.Args[1])
	must(err)
	crl, err := x509.ParseRevocationList(der)
	must(err)
	must(crl.CheckSignatureFrom(issuer))
	fmt.Println(len(crl.RevokedCertificateEntries))
}
GO
counted=$("$GO" run count.go full.crl)
[ "$counted" = "$entries" ] || { say "Go counts $counted entries in the full CRL"; exit 1; }
counted=$("$GO" run count.go delta.crl)
[ "$counted" = 50 ] || { say "Go counts $counted entries in the delta CRL"; exit 1; }
tail -n 1 "$work/out"
