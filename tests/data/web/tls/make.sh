#!/bin/sh
# Makes `ca.pem`, and `localhost.der` with its key again. Needs OpenSSL 3. The key of the CA is thrown away. Both are
# valid from 2020 on, so that the tests pass on a machine whose clock is behind.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: >"$work/index"
cat >"$work/config" <<END
[ca]
default_ca = tests
[tests]
database = $work/index
new_certs_dir = $work
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
[ca_extensions]
basicConstraints = critical,CA:TRUE
[localhost_extensions]
basicConstraints = CA:FALSE
subjectAltName = DNS:localhost
END

# The name of the key, subject, extensions, and further options.
signed() {
    name=$1 subject=$2 extensions=$3
    shift 3
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/$name.key"
    openssl req -new -key "$work/$name.key" -subj "$subject" -out "$work/request"
    openssl ca -batch -notext -config "$work/config" -extensions "$extensions" \
        -startdate 20200101000000Z -enddate 21200101000000Z "$@" -in "$work/request"
}

signed ca "/CN=dialscript test CA" ca_extensions -selfsign -keyfile "$work/ca.key" -out ca.pem
signed localhost /CN=localhost localhost_extensions -cert ca.pem -keyfile "$work/ca.key" -out "$work/localhost.pem"
openssl x509 -in "$work/localhost.pem" -outform DER -out localhost.der
openssl pkcs8 -topk8 -nocrypt -in "$work/localhost.key" -outform DER -out localhost.key.der
