// Checks what certfleet's status service answers with Go's own readers of OCSP and CRLs.
//
//	status-check ocsp ISSUER CERTIFICATE   good, or: revoked REASON-CODE TIME
//	status-check crl ISSUER CERTIFICATE    the CRL's number, then: good, or: revoked REASON-CODE TIME
//
// Both go to where the certificate says. Files are PEM; anything that Go does not believe is an error.
package main

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"golang.org/x/crypto/ocsp"
)

const usage = "usage: status-check ocsp|crl ISSUER CERTIFICATE"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "status-check:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) != 3 {
		return errors.New(usage)
	}
	issuer, err := read(arguments[1])
	if err != nil {
		return err
	}
	certificate, err := read(arguments[2])
	if err != nil {
		return err
	}
	switch arguments[0] {
	case "ocsp":
		return checkOcsp(issuer, certificate)
	case "crl":
		return checkCrl(issuer, certificate)
	}
	return errors.New(usage)
}

func read(file string) (*x509.Certificate, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("no PEM in %s", file)
	}
	return x509.ParseCertificate(block.Bytes)
}

// By POST and by GET, named by SHA-1 and by SHA-256: all four have to say the same.
func checkOcsp(issuer, certificate *x509.Certificate) error {
	if len(certificate.OCSPServer) != 1 {
		return fmt.Errorf("the certificate names %d OCSP responders", len(certificate.OCSPServer))
	}
	responder := certificate.OCSPServer[0]
	said := ""
	for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA256} {
		request, err := ocsp.CreateRequest(certificate, issuer, &ocsp.RequestOptions{Hash: hash})
		if err != nil {
			return err
		}
		get := responder + "/" + url.PathEscape(base64.StdEncoding.EncodeToString(request))
		for _, fetch := range []func() (*http.Response, error){
			func() (*http.Response, error) {
				return http.Post(responder, "application/ocsp-request", bytes.NewReader(request))
			},
			func() (*http.Response, error) { return http.Get(get) },
		} {
			body, err := fetched(fetch)
			if err != nil {
				return err
			}
			answer, err := ocsp.ParseResponseForCert(body, certificate, issuer)
			if err != nil {
				return err
			}
			now := time.Now()
			if answer.ThisUpdate.After(now) || answer.NextUpdate.Before(now) {
				return fmt.Errorf("an answer from %v until %v, and it is %v", answer.ThisUpdate, answer.NextUpdate, now)
			}
			text, err := status(answer)
			if err != nil {
				return err
			}
			if said != "" && said != text {
				return fmt.Errorf("two answers: %s, and %s", said, text)
			}
			said = text
		}
	}
	fmt.Println(said)
	return nil
}

func status(answer *ocsp.Response) (string, error) {
	switch answer.Status {
	case ocsp.Good:
		return "good", nil
	case ocsp.Revoked:
		return revoked(answer.RevocationReason, answer.RevokedAt), nil
	}
	return "", fmt.Errorf("the responder does not know the certificate")
}

func checkCrl(issuer, certificate *x509.Certificate) error {
	if len(certificate.CRLDistributionPoints) != 1 {
		return fmt.Errorf("the certificate names %d CRLs", len(certificate.CRLDistributionPoints))
	}
	body, err := fetched(func() (*http.Response, error) { return http.Get(certificate.CRLDistributionPoints[0]) })
	if err != nil {
		return err
	}
	list, err := x509.ParseRevocationList(body)
	if err != nil {
		return err
	}
	if err := list.CheckSignatureFrom(issuer); err != nil {
		return err
	}
	if now := time.Now(); list.ThisUpdate.After(now) || list.NextUpdate.Before(now) {
		return fmt.Errorf("a CRL from %v until %v, and it is %v", list.ThisUpdate, list.NextUpdate, now)
	}
	fmt.Println(list.Number)
	for _, entry := range list.RevokedCertificateEntries {
		if entry.SerialNumber.Cmp(certificate.SerialNumber) == 0 {
			fmt.Println(revoked(entry.ReasonCode, entry.RevocationTime))
			return nil
		}
	}
	fmt.Println("good")
	return nil
}

func revoked(reason int, at time.Time) string {
	return fmt.Sprintf("revoked %d %s", reason, at.UTC().Format(time.RFC3339))
}

func fetched(fetch func() (*http.Response, error)) ([]byte, error) {
	response, err := fetch()
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s", response.Status)
	}
	return io.ReadAll(response.Body)
}
