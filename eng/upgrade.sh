#!/usr/bin/env bash
# Builds this tree once more as the next version, with the next protocol, and swaps the two under eight callers: newer shims meet
# the older daemon, older shims the newer daemon, and each answer is compared with what helm prints.
#   eng/upgrade.sh [ROUNDS]     20 by default, each an upgrade, a time with shims of both versions, and a downgrade
# Last line: `upgrade: N rounds, N calls, N wrong, N failed, added at most N ms (helm alone N ms), N s`; exit code 1 when a call was
# not right or a daemon did not make room for the other in time.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds="${1:-20}"
readonly callers=8 patience=30

./build.sh --tests
bin="$PWD/artifacts/bin" fake="$PWD/artifacts/test/fakehelm/fakehelm"
scratch="$(mktemp -d "${TMPDIR:-/tmp}/hc.XXXXXX")"
export HELMCACHED_HOME="$scratch/s" HELMCACHED_HELM="$fake" HELMCACHED_CONFIG=/dev/null
unset HELMCACHED_DISABLE HELMCACHED_TRACE HELMCACHED_RECACHE HELMCACHED_READONLY
cleanup() {
  touch "$scratch/over"
  wait || true
  "$scratch/next/artifacts/bin/helmcached" stop >/dev/null 2>&1 || true
  "$bin/helmcached" stop >/dev/null 2>&1 || true
  rm -rf "$scratch"
}
trap cleanup EXIT

# The next version: everything that is built from, with other numbers.
mkdir "$scratch/next" "$scratch/bin"
git ls-files -co --exclude-standard -z -- . ':!tests' ':!bench' ':!docs' ':!samples' | xargs -0 cp --parents -t "$scratch/next"
number="client/Protocol/ProtocolVersion.cs"
sed -i 's/Current = \([0-9]*\);/Current = \1 + 1;/' "$scratch/next/$number"
sed -i 's,<VersionPrefix>.*</VersionPrefix>,<VersionPrefix>99.0.0</VersionPrefix>,' "$scratch/next/Directory.Build.props"
if cmp -s "$number" "$scratch/next/$number"; then
  printf 'upgrade: %s has no number to raise\n' "$number" >&2
  exit 1
fi
printf 'upgrade: building the next version\n' >&2
"$scratch/next/build.sh" >&2
next="$scratch/next/artifacts/bin"

# install FROM: both binaries by rename, as package managers do.
install_from() {
  local name
  for name in helmcached helm; do
    cp "$1/$name" "$scratch/bin/$name.new"
    mv -f "$scratch/bin/$name.new" "$scratch/bin/$name"
  done
  cp -u "$1"/lib* "$scratch/bin/" 2>/dev/null || true
}
# version_is HELMCACHED VERSION: waits until this program finds a daemon of that version.
version_is() {
  local began=$SECONDS
  until "$1" status --json 2>/dev/null | grep -q "\"version\":\"$2\""; do
    if ((SECONDS - began > patience)); then
      printf 'upgrade: no daemon of version %s came up in %d s\n' "$2" "$patience" >&2
      return 1
    fi
    sleep 0.05
  done
}
version_of() { "$1" --version | cut -d + -f 1; }

mkdir -p "$scratch/web/templates"
printf 'apiVersion: v2\nname: web\nversion: 1.0.0\n' >"$scratch/web/Chart.yaml"
printf 'a: {{ .Values.a }}\n' >"$scratch/web/templates/a.yaml"

# caller NUMBER: renders until it is over; every other call by the shim of one fixed version while there are both.
caller() {
  local n=0 calls=0 wrong=0 failed=0 worst=0 value text began took shim
  while [[ ! -e "$scratch/over" ]]; do
    n=$((n + 1))
    if ((n % 3 == 0)); then value="$1-$n"; else value="$((n % 5))"; fi
    shim="$scratch/bin/helm"
    if [[ -e "$scratch/both" ]] && ((n % 2 == 0)); then shim="$bin/helm"; fi
    began="${EPOCHREALTIME/[.,]/}"
    if text="$(FAKEHELM_STDOUT="n: $value" "$shim" template r "$scratch/web" --set-string "a=$value" 2>&1)"; then
      [[ "$text" == "n: $value" ]] || wrong=$((wrong + 1))
    else
      failed=$((failed + 1))
    fi
    took=$(((${EPOCHREALTIME/[.,]/} - began) / 1000))
    ((took <= worst)) || worst=$took
    calls=$((calls + 1))
  done
  printf '%d %d %d %d\n' "$calls" "$wrong" "$failed" "$worst" >"$scratch/caller.$1"
}
# plain NUMBER: as long as a few calls take without us, with everybody at it.
plain() {
  local n began
  for ((n = 0; n < 10; n++)); do
    began="${EPOCHREALTIME/[.,]/}"
    FAKEHELM_STDOUT="n: 0" HELMCACHED_DISABLE=1 "$bin/helm" template r "$scratch/web" >/dev/null
    printf '%d\n' $(((${EPOCHREALTIME/[.,]/} - began) / 1000)) >>"$scratch/plain.$1"
  done
}
for ((i = 1; i <= callers; i++)); do
  plain "$i" &
done
wait
alone="$(sort -n "$scratch"/plain.* | sed -n "$((callers * 5))p")"

old_version="$(version_of "$bin/helmcached")" next_version="$(version_of "$next/helmcached")"
install_from "$bin"
for ((i = 1; i <= callers; i++)); do
  caller "$i" &
done
SECONDS=0
done=0
for ((; done < rounds; done++)); do
  version_is "$scratch/bin/helmcached" "$old_version" || break
  install_from "$next"
  version_is "$scratch/bin/helmcached" "$next_version" || break
  # Older shims are declined by the newer daemon, and do not drive it away.
  touch "$scratch/both"
  sleep 0.5
  version_is "$scratch/bin/helmcached" "$next_version" || break
  rm "$scratch/both"
  install_from "$bin"
done
touch "$scratch/over"
wait
cat "$scratch"/caller.* | awk -v done="$done" -v rounds="$rounds" -v alone="$alone" -v seconds="$SECONDS" '
  { calls += $1; wrong += $2; failed += $3; if ($4 > worst) worst = $4 }
  END {
    printf "upgrade: %d rounds, %d calls, %d wrong, %d failed, added at most %d ms (helm alone %d ms), %d s\n", \
      done, calls, wrong, failed, worst - alone, alone, seconds
    exit wrong + failed > 0 || done < rounds
  }'
