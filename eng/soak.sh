#!/usr/bin/env bash
# Sends many requests to one daemon and watches its memory, descriptors and threads.
#   eng/soak.sh [REQUESTS]     default: 100000; ends after an hour at most
# It starts with a warm-up that fills the daemon's caches, which are small by configuration and are not leaks. At the end, eight callers
# print outputs of 50 MB at the same time.
# The last line is `soak: N requests (N wrong), resident A at the start, B full, C at the end, D after N outputs of 50 MB (peak E) MB,
# descriptors A -> B, threads A -> B, log N kB, store N kB, N s`. The exit code is 1 if an output was wrong, the daemon exited, the time
# ran out before the last request, or the daemon uses more memory than after the warm-up.
set -euo pipefail
cd "$(dirname "$0")/.."
requests="${1:-100000}"
# More than the requests (4,096) and calls (1,024) that the daemon remembers.
readonly callers=4 warm_up=5000 deadline=3600 large=50000000 large_callers=8

./build.sh --tests
bin="$PWD/artifacts/bin" fake="$PWD/artifacts/test/fakehelm/fakehelm"
scratch="$(mktemp -d "${TMPDIR:-/tmp}/hc.XXXXXX")"
export HELMCACHED_HOME="$scratch/s" HELMCACHED_HELM="$fake" HELMCACHED_CONFIG="$scratch/config.yaml"
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
printf 'memory: {max_size: 2MiB}\nstore: {max_size: 4MiB}\n' >"$HELMCACHED_CONFIG"
"$bin/helmcached" start >/dev/null
daemon="$("$bin/helmcached" status --json 2>/dev/null | grep -o '"pid":[0-9]*' | tr -dc 0-9)"

# render ROUND CALLER COUNT NEW: prints the number of wrong answers. One call in NEW is new, one in fifty is not for us.
render() {
  local i value text wrong=0 more
  for ((i = 0; i < $3 && SECONDS < deadline; i++)); do
    if ((i % $4 == 0)); then value="$1-$2-$i"; else value=$((i % 100)); fi
    more=()
    ((i % 50 != 1)) || more=(--debug)
    text="$(FAKEHELM_STDOUT="n: $value" "$bin/helm" template r "$scratch/web" --set-string "a=$value" "${more[@]}" 2>&1)" || true
    [[ "$text" == "n: $value" ]] || wrong=$((wrong + 1))
    [[ ! -e "$scratch/over" ]] || break
  done
  printf '%d %d\n' "$i" "$wrong" >"$scratch/done.$1.$2"
}
# large CALLER: four outputs of 50 MB, two of them new, checked by their length.
large() {
  local i bytes count wrong=0
  for ((i = 0; i < 4; i++)); do
    bytes=$((large + $1 * 2 + i / 2))
    count="$(FAKEHELM_FLOOD="$bytes" "$bin/helm" template r "$scratch/web" --set "flood=$bytes" | wc -c)"
    ((count == bytes)) || wrong=$((wrong + 1))
  done
  printf '%d %d\n' "$i" "$wrong" >"$scratch/done.large.$1"
}
# round NAME COUNT NEW: all callers together.
round() {
  local caller pids=()
  for ((caller = 1; caller <= callers; caller++)); do
    render "$1" "$caller" "$(($2 / callers))" "$3" &
    pids+=("$!")
  done
  wait "${pids[@]}"
  alive
}
alive() {
  kill -0 "$daemon" 2>/dev/null || {
    printf 'soak: the daemon (%d) did not live through it\n' "$daemon"
    exit 1
  }
}
# state: resident MB, descriptors, threads and peak MB of the daemon; after a quiet moment, when the last connections are closed
# and what large outputs left behind is given back.
state() {
  sleep 5
  local descriptors=(/proc/"$daemon"/fd/*)
  awk -v fds="${#descriptors[@]}" '/^VmRSS/ { rss = $2 } /^VmHWM/ { peak = $2 } /^Threads/ { threads = $2 }
    END { printf "%d %d %d %d\n", rss / 1024, fds, threads, peak / 1024 }' "/proc/$daemon/status"
}

SECONDS=0
read -r rss0 _ _ _ <<<"$(state)"
round warm "$warm_up" 1
read -r rss1 fds1 threads1 _ <<<"$(state)"
# In ten parts, to show how memory goes on the way.
for ((part = 1; part <= 10; part++)); do
  round "soak$part" "$((requests / 10))" 50
  read -r rss2 fds2 threads2 _ <<<"$(state)"
  printf 'soak: %d%% after %d s: resident %d MB, descriptors %d, threads %d\n' $((part * 10)) "$SECONDS" "$rss2" "$fds2" "$threads2" >&2
done
pids=()
for ((caller = 1; caller <= large_callers; caller++)); do
  large "$caller" &
  pids+=("$!")
done
wait "${pids[@]}"
alive
read -r rss3 fds3 threads3 peak <<<"$(state)"
read -r made wrong <<<"$(cat "$scratch"/done.* | awk '{ n += $1; wrong += $2 } END { print n, wrong + 0 }')"
log="$(du -k "$HELMCACHED_HOME/daemon.log" | cut -f 1)"
store="$(du -kc "$HELMCACHED_HOME"/store*.litedb* | tail -n 1 | cut -f 1)"
printf 'soak: %d requests (%d wrong), resident %d at the start, %d full, %d at the end, %d after %d outputs of 50 MB (peak %d) MB, descriptors %d -> %d, threads %d -> %d, log %d kB, store %d kB, %d s\n' \
  "$made" "$wrong" "$rss0" "$rss1" "$rss2" "$rss3" $((4 * large_callers)) "$peak" "$fds1" "$fds3" "$threads1" "$threads3" "$log" "$store" "$SECONDS"
# The thread pool may have a thread or two more at one moment than at another, and the collector takes its time with a few MB.
((wrong == 0 && made >= requests && rss2 <= rss1 + 8 && fds3 <= fds1 + 4 && threads3 <= threads1 + 4))
