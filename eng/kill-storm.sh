#!/usr/bin/env bash
# Kills the daemon again and again while eight callers render, and compares every answer with what helm prints.
#   eng/kill-storm.sh [KILLS]     1000 by default; ends after twenty minutes at most
# Last line: `kill-storm: N kills, N calls, N wrong, N failed, added at most N ms (helm alone N ms), N s`, where helm alone is the
# median call without us under the same load; exit code 1 when a call was not right or the time was over before the last kill.
set -euo pipefail
cd "$(dirname "$0")/.."
kills="${1:-1000}"
readonly callers=8 deadline=1200

./build.sh --tests
bin="$PWD/artifacts/bin" fake="$PWD/artifacts/test/fakehelm/fakehelm"
scratch="$(mktemp -d "${TMPDIR:-/tmp}/hc.XXXXXX")"
export HELMCACHED_HOME="$scratch/s" HELMCACHED_HELM="$fake" HELMCACHED_CONFIG=/dev/null
unset HELMCACHED_DISABLE HELMCACHED_TRACE HELMCACHED_RECACHE HELMCACHED_READONLY

workers=()
# daemons: the process ids of the daemons of this home, which they carry in their environment. One program looks at all
# processes: thousands of short ones would be the load.
daemons() {
  grep -lsxz "HELMCACHED_HOME=$HELMCACHED_HOME" $(grep -lsx helmcached /proc/[0-9]*/comm | sed 's,comm$,environ,') /dev/null | cut -d / -f 3 || true
}
cleanup() {
  touch "$scratch/over"
  ((${#workers[@]} == 0)) || wait "${workers[@]}" || true
  daemons | xargs -r kill -KILL 2>/dev/null || true
  rm -rf "$scratch"
}
trap cleanup EXIT

mkdir -p "$scratch/web/templates"
printf 'apiVersion: v2\nname: web\nversion: 1.0.0\n' >"$scratch/web/Chart.yaml"
printf 'a: {{ .Values.a }}\n' >"$scratch/web/templates/a.yaml"

# caller NUMBER: renders until the storm is over; its last words are calls, wrong, failed, worst ms.
caller() {
  local n=0 calls=0 wrong=0 failed=0 worst=0 value text began took
  while [[ ! -e "$scratch/over" ]]; do
    n=$((n + 1))
    # One in three is new; the others are five that everybody asks for.
    if ((n % 3 == 0)); then value="$1-$n"; else value="$((n % 5))"; fi
    began="${EPOCHREALTIME/[.,]/}"
    if text="$(FAKEHELM_STDOUT="n: $value" "$bin/helm" template r "$scratch/web" --set-string "a=$value" 2>&1)"; then
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

for ((i = 1; i <= callers; i++)); do
  caller "$i" &
  workers+=("$!")
done

killed=0
SECONDS=0
while ((killed < kills && SECONDS < deadline)); do
  sleep "0.0$((RANDOM % 6))"
  for pid in $(daemons); do
    if kill -KILL "$pid" 2>/dev/null; then killed=$((killed + 1)); fi
  done
done
touch "$scratch/over"
wait "${workers[@]}"
workers=()
cat "$scratch"/caller.* | awk -v kills="$killed" -v wanted="$kills" -v alone="$alone" -v seconds="$SECONDS" '
  { calls += $1; wrong += $2; failed += $3; if ($4 > worst) worst = $4 }
  END {
    printf "kill-storm: %d kills, %d calls, %d wrong, %d failed, added at most %d ms (helm alone %d ms), %d s\n", \
      kills, calls, wrong, failed, worst - alone, alone, seconds
    exit wrong + failed > 0 || kills < wanted
  }'
