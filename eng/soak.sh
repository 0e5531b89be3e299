#!/usr/bin/env bash
# Sends one daemon many requests and looks at its memory, descriptors and threads before and after.
#   eng/soak.sh [REQUESTS]     100000 by default; ends after thirty minutes at most
# Last line: `soak: N requests (N wrong), resident A -> B MB, descriptors A -> B, threads A -> B, log N kB, store N kB, N s`; exit
# code 1 when an answer was wrong, the daemon did not live through it, or it holds more descriptors or threads than after the
# warm-up.
set -euo pipefail
cd "$(dirname "$0")/.."
requests="${1:-100000}"
readonly callers=4 warm_up=2000 deadline=1800

./build.sh --tests
bin="$PWD/artifacts/bin" fake="$PWD/artifacts/test/fakehelm/fakehelm"
scratch="$(mktemp -d "${TMPDIR:-/tmp}/hc.XXXXXX")"
export HELMCACHED_HOME="$scratch/s" HELMCACHED_HELM="$fake" HELMCACHED_CONFIG=/dev/null
unset HELMCACHED_DISABLE HELMCACHED_TRACE HELMCACHED_RECACHE HELMCACHED_READONLY
cleanup() {
  touch "$scratch/over"
  wait || true
  "$bin/helmcached" stop >/dev/null 2>&1 || true
  rm -rf "$scratch"
}
trap cleanup EXIT

mkdir -p "$scratch/web/templates"
printf 'apiVersion: v2\nname: web\nversion: 1.0.0\n' >"$scratch/web/Chart.yaml"
printf 'a: {{ .Values.a }}\n' >"$scratch/web/templates/a.yaml"
"$bin/helmcached" start >/dev/null
daemon="$("$bin/helmcached" status --json 2>/dev/null | grep -o '"pid":[0-9]*' | tr -dc 0-9)"

# render ROUND CALLER COUNT: prints the number of wrong answers. One call in fifty is new, one in fifty is not for us.
render() {
  local i value text wrong=0
  for ((i = 0; i < $3 && SECONDS < deadline; i++)); do
    if ((i % 50 == 0)); then value="$1-$2-$i"; else value=$((i % 100)); fi
    if ((i % 50 == 1)); then
      text="$(FAKEHELM_STDOUT="n: $value" "$bin/helm" template r "$scratch/web" --set-string "a=$value" --debug 2>&1)" || true
    else
      text="$(FAKEHELM_STDOUT="n: $value" "$bin/helm" template r "$scratch/web" --set-string "a=$value" 2>&1)" || true
    fi
    [[ "$text" == "n: $value" ]] || wrong=$((wrong + 1))
    [[ ! -e "$scratch/over" ]] || break
  done
  printf '%d\n' "$wrong" >"$scratch/wrong.$1.$2"
}
# round NAME COUNT: all callers together.
round() {
  local caller pids=()
  for ((caller = 1; caller <= callers; caller++)); do
    render "$1" "$caller" "$(($2 / callers))" &
    pids+=("$!")
  done
  wait "${pids[@]}"
}
# state: resident kB, descriptors, threads of the daemon.
state() {
  local descriptors=(/proc/"$daemon"/fd/*)
  awk -v fds="${#descriptors[@]}" '/^VmRSS/ { rss = $2 } /^Threads/ { threads = $2 } END { print rss, fds, threads }' "/proc/$daemon/status"
}

SECONDS=0
round warm "$warm_up"
read -r rss0 fds0 threads0 <<<"$(state)"
round soak "$requests"
if ! kill -0 "$daemon" 2>/dev/null; then
  printf 'soak: the daemon (%d) did not live through %d requests\n' "$daemon" "$requests"
  exit 1
fi
# A quiet moment: connections of the last callers are closed by then.
sleep 2
read -r rss1 fds1 threads1 <<<"$(state)"
wrong="$(cat "$scratch"/wrong.* | awk '{ n += $1 } END { print n + 0 }')"
log="$(du -k "$HELMCACHED_HOME/daemon.log" | cut -f 1)"
store="$(du -kc "$HELMCACHED_HOME"/store.db* | tail -n 1 | cut -f 1)"
printf 'soak: %d requests (%d wrong), resident %d -> %d MB, descriptors %d -> %d, threads %d -> %d, log %d kB, store %d kB, %d s\n' \
  "$requests" "$wrong" $((rss0 / 1024)) $((rss1 / 1024)) "$fds0" "$fds1" "$threads0" "$threads1" "$log" "$store" "$SECONDS"
# The thread pool may have a thread or two more at one moment than at another.
((wrong == 0 && fds1 <= fds0 + 4 && threads1 <= threads0 + 4))
