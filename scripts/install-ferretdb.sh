#!/bin/sh
# Builds FerretDB, a server that speaks MongoDB's protocol, into .bench/gobin, for `npm run
# test:mongodb`. It keeps its data in SQLite, so that it needs nothing else. Takes Go and a module
# proxy; about two minutes, at the lowest priority.
#
# Its module lacks a file that its own release process writes and that it does not build without: the
# module is copied and the file is written. `go install` would also ask for the list of all versions,
# which not every proxy gives.
set -eu

module=github.com/FerretDB/FerretDB
version=v1.24.0

cd "$(dirname "$0")/.."
bin=$PWD/.bench/gobin
work=$PWD/.bench/gomod/ferretdb
command -v go >/dev/null || { echo 'install-ferretdb: no go on this machine' >&2; exit 1; }
mkdir -p "$bin" "$work/build"

cd "$work"
go mod download "$module@$version"
source=$(go env GOMODCACHE)/github.com/\!ferret\!d\!b/\!ferret\!d\!b@$version
if [ -e copy ]; then chmod -R u+w copy && rm -r copy; fi
cp -R "$source" copy
chmod -R u+w copy
echo "$version" >copy/build/version/version.txt

cd build
cat >go.mod <<END
module build

go 1.22

require $module $version

replace $module => ../copy
END
CGO_ENABLED=0 GOFLAGS="${GOFLAGS:-} -p=1 -mod=mod -trimpath" \
  nice -n 19 go build -o "$bin/ferretdb" "$module/cmd/ferretdb" </dev/null
echo "$version" >"$bin/ferretdb.version"
echo "install-ferretdb: $bin/ferretdb $version"
