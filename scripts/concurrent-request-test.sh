#!/usr/bin/env bash
# Asks a running proxy many questions at once with dig: types mixed, over UDP and TCP in turn.
# Defaults fit `npm run demo`. Exits with 0 when every question got an answer, else with 1.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/concurrent-request-test.sh [-n NAME,NAME,…] [HOST [PORT [COUNT [AT_ONCE]]]]

  -n NAME,…  names to ask for, in turn      (demo.example,www.demo.example,…)
  HOST       address of the proxy           (127.0.0.1)
  PORT       its port                       (5300)
  COUNT      how many questions in all      (1000)
  AT_ONCE    how many under way at a time   (50)
TEXT
}

names=demo.example,www.demo.example,shop.demo.example,big.demo.example,nobody.demo.example
while getopts n:h option; do
  case $option in
    n) names=$OPTARG ;;
    h) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
  esac
done
shift $((OPTIND - 1))
host=${1:-127.0.0.1} port=${2:-5300} count=${3:-1000} at_once=${4:-50}

for number in "$port" "$count" "$at_once"; do
  if [[ ! $number =~ ^[1-9][0-9]*$ ]]; then
    usage >&2
    exit 2
  fi
done
if ! command -v dig >/dev/null; then
  echo 'dig is not installed (Debian: bind9-dnsutils)' >&2
  exit 2
fi

# One line of dig's arguments for each question. Lists of different lengths, and the transport
# changed once in a round of them all, so that every name meets every type over both.
questions() {
  local -a name type=(A AAAA MX TXT NS SOA CAA)
  local transport i
  IFS=, read -ra name <<<"$names"
  for ((i = 0; i < count; i++)); do
    transport=+notcp
    if ((i / ${#name[@]} % 2)); then transport=+tcp; fi
    echo "$transport ${name[i % ${#name[@]}]} ${type[i / (2 * ${#name[@]}) % ${#type[@]}]}"
  done
}

started=$EPOCHREALTIME
# What dig prints of an answer's header is one short write, so the lines of many do not mix. It
# exits with an error when no answer comes; the count shows that.
printed=$(questions | xargs -P "$at_once" -L 1 \
  dig "@$host" -p "$port" +tries=1 +time=10 +noall +comments 2>&1 || true)
milliseconds=$(((${EPOCHREALTIME/[.,]/} - ${started/[.,]/}) / 1000))

by_status=$(sed -n 's/.*status: \([A-Z0-9]*\).*/\1/p' <<<"$printed" | sort | uniq -c | sort -rn)
good=$(awk '$2 == "NOERROR" || $2 == "NXDOMAIN" { sum += $1 } END { print sum + 0 }' <<<"$by_status")
summary=$(awk 'NF { printf "%s%s %s", (NR > 1 ? ", " : ""), $2, $1 }' <<<"$by_status")

if ((good == count)); then
  verdict=PASS
else
  verdict=FAIL
  grep -E 'timed out|refused|no servers|error' <<<"$printed" | sort | uniq -c | sort -rn | head -5 >&2 || true
fi
echo "$verdict: $good of $count answered (${summary:-nothing}), $at_once at once, in $milliseconds ms"
[[ $verdict == PASS ]]
