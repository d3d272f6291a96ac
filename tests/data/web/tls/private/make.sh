#!/bin/sh
# Makes the certificates of this folder again, all with one key. Needs OpenSSL 3. `office.pem` is their CA, of which the
# key is thrown away.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
days="-days 36500"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out server.key
openssl ecparam -genkey -name prime256v1 -noout -out "$work/office.key"
openssl req -x509 -new -key "$work/office.key" $days -subj "/CN=Office CA" -out office.pem

# File, subject, and further extensions.
self_signed() {
    openssl req -x509 -new -key server.key $days -subj "$2" ${3:+-addext "$3"} ${4:+-addext "$4"} -out "$1"
}
from_office() {
    openssl req -new -key server.key -subj "$2" -out "$work/request"
    printf 'basicConstraints=CA:FALSE\n%s\n' "${3:-}" >"$work/extensions"
    openssl x509 -req -in "$work/request" -CA office.pem -CAkey "$work/office.key" -CAcreateserial \
        -CAserial "$work/serial" $days -extfile "$work/extensions" ${4:--sha256} -out "$1"
}
dated() {
    mkdir -p "$work/ca"
    : >"$work/ca/index"
    printf '[ca]\ndefault_ca=c\n[c]\ndatabase=%s\nnew_certs_dir=%s\nrand_serial=yes\ndefault_md=sha256\npolicy=p\n[p]\n' \
        "$work/ca/index" "$work/ca" >"$work/ca/config"
    printf 'commonName=supplied\n[e]\nsubjectAltName=DNS:localhost\n' >>"$work/ca/config"
    openssl req -new -key server.key -subj /CN=localhost -out "$work/request"
    openssl ca -batch -selfsign -keyfile server.key -config "$work/ca/config" -extensions e -notext \
        -startdate "$2" -enddate "$3" -in "$work/request" -out "$1"
}

self_signed self-signed.pem /CN=localhost subjectAltName=DNS:localhost
self_signed common-name.pem /CN=localhost
self_signed of-another.pem /CN=shop.example subjectAltName=DNS:shop.example,IP:192.0.2.1
self_signed limited.pem /CN=localhost subjectAltName=DNS:localhost nameConstraints=critical,permitted\;DNS:localhost
self_signed hostile.pem "$(printf '/CN=evil\033[2J\n$(reboot)')"
from_office no-names.pem /CN=localhost
from_office office-shop.pem /CN=shop.example subjectAltName=DNS:shop.example,DNS:*.shop.example
from_office old-signature.pem /CN=localhost subjectAltName=DNS:localhost -sha1
dated expired.pem 20200101000000Z 20210203000000Z
dated future.pem 21000101000000Z 21200101000000Z
openssl req -new -key server.key -subj /CN=localhost -out "$work/request"
openssl x509 -req -in "$work/request" -signkey server.key $days -out version-1.pem
openssl req -x509 -newkey rsa:1024 -nodes -keyout "$work/small.key" $days -subj /CN=localhost -out small-key.pem
