#!/usr/bin/env bash
# From a fresh clone to a cached render: checks the machine and the tools, builds, starts the daemon, renders a sample chart by helm and through
# the cache, and shows how much faster that is.
# Writes only below this clone, HELMCACHED_HOME and (when there is no helm on PATH) the download cache of eng/.
set -euo pipefail
cd "$(dirname "$0")"
root="$PWD"
bin="$root/artifacts/bin"
chart="$root/samples/bookshop"

if [[ -t 1 ]]; then bold=$'\033[1m' plain=$'\033[0m'; else bold="" plain=""; fi
step() { printf '\n%s%s%s\n' "$bold" "$1" "$plain"; }
row() { printf '  %-28s %9s ms   %s\n' "$1" "$2" "${3:-}"; }
die() {
  printf 'quickstart.sh: %s\n' "$*" >&2
  exit 1
}

[[ "$(uname -s) $(uname -m)" == "Linux x86_64" ]] ||
  die "this is $(uname -s) on $(uname -m); helmcached needs Linux on x86-64, elsewhere helm goes on working without a cache"

# Microseconds; bash 5 knows the time itself, and macOS's bash 3 asks Perl.
now_us() {
  if [[ -n "${EPOCHREALTIME:-}" ]]; then
    printf '%s\n' "${EPOCHREALTIME//[.,]/}"
  else
    perl -MTime::HiRes=time -e 'printf "%d\n", time * 1e6'
  fi
}

# timed OUTPUT COMMAND...: runs the command with stdout to OUTPUT; its milliseconds are left in $ms.
timed() {
  local output="$1" start end
  shift
  start="$(now_us)"
  "$@" >"$output"
  end="$(now_us)"
  ms="$(awk "BEGIN { printf \"%.1f\", ($end - $start) / 1000 }")"
}

# A helm binary carries its Go module path; version managers' stubs and our own shim must not be taken for it.
is_real_helm() {
  [[ -x "$1" && ! "$1" -ef "$bin/helm" ]] && LC_ALL=C grep -q -a -E -e '(path|mod).helm\.sh/helm/v[34]' "$1"
}

find_real_helm() {
  local candidate
  if [[ -n "${HELMCACHED_HELM:-}" ]]; then
    is_real_helm "$HELMCACHED_HELM" || die "HELMCACHED_HELM names $HELMCACHED_HELM, which is not a helm binary"
    printf '%s\n' "$HELMCACHED_HELM"
    return
  fi
  while IFS= read -r candidate; do
    if is_real_helm "$candidate"; then
      printf '%s\n' "$candidate"
      return
    fi
  done < <(type -ap helm)
}

# Runs a command whose output says what it does now; on a terminal with the seconds since it began.
ticker=""
with_progress() {
  local code=0
  if [[ -t 1 ]]; then
    (
      SECONDS=0
      while kill -0 $$ 2>/dev/null; do
        printf '\r  %d s ' "$SECONDS"
        sleep 1
      done
    ) &
    ticker=$!
  fi
  "$@" | while IFS= read -r line; do printf "${ticker:+\\r}  %s\n" "$line"; done || code=$?
  if [[ -n "$ticker" ]]; then
    kill "$ticker" 2>/dev/null || true
    wait "$ticker" 2>/dev/null || true
    ticker=""
    printf '\r'
  fi
  return "$code"
}

scratch="$(mktemp -d)"
trap '[[ -z "$ticker" ]] || kill "$ticker" 2>/dev/null; rm -rf "$scratch"' EXIT

# All that could be missing is looked for before the long part begins.
step "Check"
./build.sh --check
helm="$(find_real_helm)"
if [[ -n "$helm" ]]; then
  printf '  all tools were found, and helm: %s\n' "$helm"
else
  command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 ||
    die "there is no helm on PATH, and no node and npm to fetch one with; install helm, or Debian's nodejs and npm"
  printf '  all tools were found; no helm is on PATH, so a pinned one will be downloaded (eng/get-helm.sh 3)\n'
fi

step "Build"
[[ -x "$bin/helmcached" ]] || printf '  the first build takes a few minutes and up to 750 MB in the package caches of dotnet (and npm)\n'
start="$(now_us)"
with_progress ./build.sh || exit 1
printf '  %s/helm and %s/helmcached, %d s\n' "$bin" "$bin" "$((($(now_us) - start) / 1000000))"

step "Real helm"
[[ -n "$helm" ]] || helm="$(eng/get-helm.sh 3)"
printf '  %s, %s\n' "$helm" "$("$helm" version --short)"

step "Daemon"
export HELMCACHED_HELM="$helm"
unset HELMCACHED_DISABLE HELMCACHED_RECACHE HELMCACHED_READONLY
if [[ -z "${HELMCACHED_HOME:-}" ]]; then
  eval "account_home=~$(id -un)"
  # shellcheck disable=SC2154
  home="$account_home/.cache/helmcached"
else
  home="$HELMCACHED_HOME"
fi
"$bin/helmcached" start
printf '  the cache directory (socket, store, log) is %s\n' "$home"

export HELMCACHED_TRACE="$scratch/trace"

# outcome: the first word after "helmcached: " of the newest trace line.
outcome() {
  [[ ! -f "$scratch/trace" ]] || tail -n 1 "$scratch/trace" | sed -e 's/^.*helmcached: //' -e 's/ .*//'
}

# median NUMBER OUTPUT COMMAND...: runs the command so often; the median of its milliseconds is left in $ms.
median() {
  local number="$1" i times=""
  shift
  for ((i = 0; i < number; i++)); do
    timed "$@"
    times+="$ms"$'\n'
  done
  ms="$(printf '%s' "$times" | sort -n | sed -n "$(((number + 1) / 2))p")"
}

# against: how the milliseconds in $ms stand to those of real helm.
against() {
  awk "BEGIN { r = $real_ms / ($ms > 0 ? $ms : 0.1); if (r >= 1.5) printf \"%.0f times faster\", r; else if (r < 0.67) printf \"%.1f times slower, once\", 1 / r; else printf \"as long\" }"
}

step "Speed: samples/bookshop by real helm and through helmcached"
render=(template shop "$chart" --namespace shop --include-crds)
median 3 "$scratch/real" "$helm" "${render[@]}"
real_ms="$ms"
row "real helm" "$real_ms"
# Anew, should an earlier quickstart have left its entry.
HELMCACHED_RECACHE=1 timed "$scratch/first" "$bin/helm" "${render[@]}"
first="$(outcome)"
row "helmcached, cold (${first:-no answer})" "$ms" "$(against)"
median 5 "$scratch/second" "$bin/helm" "${render[@]}"
second="$(outcome)"
row "helmcached, warm (${second:-no answer})" "$ms" "$(against)"
cmp -s "$scratch/real" "$scratch/first" && cmp -s "$scratch/real" "$scratch/second" ||
  die "the outputs differ from real helm's; please report this with $chart"
printf '  all outputs are the same %d bytes; real helm is the median of 3 runs, warm of 5\n' "$(wc -c <"$scratch/real")"
if [[ "$second" != hit ]]; then
  die "the last render was not a hit but: ${second:-unknown}; see HELMCACHED_TRACE and docs/troubleshooting.md"
fi

step "Use it"
printf '  export PATH="%s:$PATH"\n' "$bin"
[[ "$(type -P helm || true)" == "$helm" ]] || printf '  export HELMCACHED_HELM="%s"\n' "$helm"
step "Undo"
printf '  open a new terminal, then run: "%s/helmcached" stop; rm -rf "%s"\n' "$bin" "$home"
