# shellcheck shell=bash
# Sourced by kill-storm.sh and upgrade.sh: sets up a separate cache, and eight callers that render and compare each output with what helm prints.
# Sets $bin, $scratch (deleted by the script) and, after crowd_start, $alone and $workers.

readonly callers=8
workers=()

# crowd_home: builds the programs, and lets all helmcached commands of the script use an empty home with FakeHelm as real helm.
crowd_home() {
  ./build.sh --tests
  bin="$PWD/artifacts/bin"
  scratch="$(mktemp -d "${TMPDIR:-/tmp}/hc.XXXXXX")"
  export HELMCACHED_HOME="$scratch/s" HELMCACHED_HELM="$PWD/artifacts/test/fakehelm/fakehelm" HELMCACHED_CONFIG=/dev/null
  unset HELMCACHED_DISABLE HELMCACHED_TRACE HELMCACHED_RECACHE HELMCACHED_READONLY
  mkdir -p "$scratch/web/templates"
  printf 'apiVersion: v2\nname: web\nversion: 1.0.0\n' >"$scratch/web/Chart.yaml"
  printf 'a: {{ .Values.a }}\n' >"$scratch/web/templates/a.yaml"
}

# shim_for CALL: the shim for the call with this number; a script may redefine it.
shim_for() {
  printf '%s' "$bin/helm"
}

# caller NUMBER: renders until the end, then prints: calls, wrong, failed, worst ms.
caller() {
  local n=0 calls=0 wrong=0 failed=0 worst=0 value text began took shim
  while [[ ! -e "$scratch/over" ]]; do
    n=$((n + 1))
    # One call in three is new; the others are five calls that all callers make.
    if ((n % 3 == 0)); then value="$1-$n"; else value="$((n % 5))"; fi
    shim="$(shim_for "$n")"
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

# plain NUMBER: runs a few calls without helmcached, while all callers do the same.
plain() {
  local n began
  for ((n = 0; n < 10; n++)); do
    began="${EPOCHREALTIME/[.,]/}"
    FAKEHELM_STDOUT="n: 0" HELMCACHED_DISABLE=1 "$bin/helm" template r "$scratch/web" >/dev/null
    printf '%d\n' $(((${EPOCHREALTIME/[.,]/} - began) / 1000)) >>"$scratch/plain.$1"
  done
}

# crowd_start: measures $alone, the median call without helmcached under the same load, then starts the callers.
crowd_start() {
  local i
  for ((i = 1; i <= callers; i++)); do
    plain "$i" &
    workers+=("$!")
  done
  wait "${workers[@]}"
  alone="$(sort -n "$scratch"/plain.* | sed -n "$((callers * 5))p")"
  workers=()
  for ((i = 1; i <= callers; i++)); do
    caller "$i" &
    workers+=("$!")
  done
  SECONDS=0
}

# crowd_end: lets the callers finish.
crowd_end() {
  touch "$scratch/over"
  ((${#workers[@]} == 0)) || wait "${workers[@]}" || true
  workers=()
}

# crowd_sum DONE WANTED WHAT: prints the summary line; fails if a call was wrong or less than WANTED was done.
crowd_sum() {
  cat "$scratch"/caller.* | awk -v script="$(basename "$0" .sh)" -v done="$1" -v wanted="$2" -v what="$3" -v alone="$alone" -v seconds="$SECONDS" '
    { calls += $1; wrong += $2; failed += $3; if ($4 > worst) worst = $4 }
    END {
      printf "%s: %d %s, %d calls, %d wrong, %d failed, added at most %d ms (helm alone %d ms), %d s\n", \
        script, done, what, calls, wrong, failed, worst - alone, alone, seconds
      exit wrong + failed > 0 || done < wanted
    }'
}
