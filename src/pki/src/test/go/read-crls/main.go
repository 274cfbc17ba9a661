// Reads CRLs as etcd does: each line of standard input is one in hexadecimal; each line of the answer is "ok", the CRL's
// number and the serials it lists, or "error" and why it cannot be read.
package main

import (
	"bufio"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
)

func main() {
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 1<<26)
	answer := bufio.NewWriter(os.Stdout)
	defer answer.Flush()
	for input.Scan() {
		der, err := hex.DecodeString(input.Text())
		if err != nil {
			panic(err)
		}
		list, err := x509.ParseRevocationList(der)
		if err != nil {
			fmt.Fprintln(answer, "error", strings.ReplaceAll(err.Error(), "\n", " "))
			continue
		}
		fmt.Fprint(answer, "ok ", list.Number)
		for _, entry := range list.RevokedCertificateEntries {
			fmt.Fprintf(answer, " %x", entry.SerialNumber)
		}
		fmt.Fprintln(answer)
	}
}
