#!/bin/sh
# Makes the certificates of this folder again, all with one key. Needs OpenSSL 3. `office.pem` is their CA, of which the
# key is thrown away. They are valid from 2020 on, so that the tests pass on a machine whose clock is behind. `openssl
# ca` signs them, since only this command takes a first day in every version of OpenSSL 3.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: >"$work/index"
cat >"$work/config" <<END
[ca]
default_ca = office
[office]
database = $work/index
new_certs_dir = $work
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
END
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out server.key
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/office.key"

# File, key, subject, extensions (one a line; with none, the certificate is of X.509 version 1), and further options.
signed() {
    file=$1 key=$2 subject=$3 extensions=$4
    shift 4
    printf '%s\n' "$extensions" >"$work/extensions"
    openssl req -new -key "$key" -subj "$subject" -out "$work/request"
    openssl ca -batch -notext -config "$work/config" -extfile "$work/extensions" \
        -startdate 20200101000000Z -enddate 21200101000000Z "$@" -in "$work/request" -out "$file"
}
self_signed() {
    signed "$1" server.key "$2" "$3" -selfsign -keyfile server.key
}
from_office() {
    file=$1 subject=$2 extensions=$3
    shift 3
    signed "$file" server.key "$subject" "$extensions" -cert office.pem -keyfile "$work/office.key" "$@"
}

ca=basicConstraints=critical,CA:TRUE
server=basicConstraints=CA:FALSE
localhost=subjectAltName=DNS:localhost
signed office.pem "$work/office.key" "/CN=Office CA" "$ca" -selfsign -keyfile "$work/office.key"
self_signed self-signed.pem /CN=localhost "$ca
$localhost"
self_signed common-name.pem /CN=localhost "$ca"
self_signed of-another.pem /CN=shop.example "$ca
subjectAltName=DNS:shop.example,IP:192.0.2.1"
self_signed limited.pem /CN=localhost "$ca
$localhost
nameConstraints=critical,permitted;DNS:localhost"
self_signed hostile.pem "$(printf '/CN=evil\033[2J\n$(reboot)')" "$ca"
self_signed version-1.pem /CN=localhost ""
signed expired.pem server.key /CN=localhost "$localhost" -selfsign -keyfile server.key -enddate 20210203000000Z
signed future.pem server.key /CN=localhost "$localhost" -selfsign -keyfile server.key -startdate 21000101000000Z
from_office no-names.pem /CN=localhost "$server"
from_office office-shop.pem /CN=shop.example "$server
subjectAltName=DNS:shop.example,DNS:*.shop.example"
from_office old-signature.pem /CN=localhost "$server
$localhost" -md sha1
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out "$work/small.key"
signed small-key.pem "$work/small.key" /CN=localhost "$ca" -selfsign -keyfile "$work/small.key"
