#!/bin/sh
# Builds the peers that are written in Go into .bench/gobin, where the benchmark looks for them.
# Each at one pinned version through a module of its own: `go install` would also ask the module
# proxy for the list of all versions, which not every proxy gives. One at a time and at the lowest
# priority, so that a build disturbs nothing else. A peer that cannot be had is named and the
# others are built all the same; exit code 1 if any failed.
#
# usage: bench/peers/install-go.sh [NAME…]     names as in the list below; all when none is given
set -u

peers='
dnsproxy github.com/AdguardTeam/dnsproxy     v0.84.1  .
coredns  github.com/coredns/coredns          v1.15.0  .
blocky   github.com/0xERR0R/blocky           v0.34.0  .
routedns github.com/folbricht/routedns       v0.1.237 ./cmd/routedns
'

cd "$(dirname "$0")/../.." || exit 1
root=$PWD
bin=$root/.bench/gobin
command -v go >/dev/null || { echo 'install-go: no go on this machine' >&2; exit 1; }
mkdir -p "$bin"

build() { # NAME MODULE VERSION PACKAGE
  mkdir -p "$root/.bench/gomod/$1" && cd "$root/.bench/gomod/$1" || return 1
  printf 'module bench\n\ngo 1.26\n\nrequire %s %s\n' "$2" "$3" >go.mod
  package=$2${4#.}
  CGO_ENABLED=0 GOFLAGS="${GOFLAGS:-} -p=1 -mod=mod -trimpath" \
    nice -n 19 go build -o "$bin/$1" "$package" </dev/null && echo "$3" >"$bin/$1.version"
}

wanted=" $* "
failed=''
echo "$peers" | {
  while read -r name module version package; do
    [ -n "$name" ] || continue
    case "$wanted" in '  ' | *" $name "*) ;; *) continue ;; esac
    echo "install-go: $module@$version"
    (build "$name" "$module" "$version" "$package") || failed="$failed $name"
  done
  [ -z "$failed" ] || { echo "install-go: not built:$failed" >&2; exit 1; }
}
