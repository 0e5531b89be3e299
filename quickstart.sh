#!/usr/bin/env bash
# From a fresh clone to a cached render: checks tools, builds, starts the daemon and renders a sample chart twice.
# Writes only below this clone, HELMCACHED_HOME and (when there is no helm on PATH) the download cache of eng/.
set -euo pipefail
cd "$(dirname "$0")"
root="$PWD"
bin="$root/artifacts/bin"
chart="$root/samples/bookshop"

if [[ -t 1 ]]; then bold=$'\033[1m' plain=$'\033[0m'; else bold="" plain=""; fi
step() { printf '\n%s%s%s\n' "$bold" "$1" "$plain"; }
row() { printf '  %-22s %-9s %8s ms   %s\n' "$1" "$2" "$3" "${4:-}"; }
die() {
  printf 'quickstart.sh: %s\n' "$*" >&2
  exit 1
}

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
  printf '  no helm on PATH; getting a pinned one (eng/get-helm.sh 3)\n' >&2
  eng/get-helm.sh 3
}

step "Build (tools are checked first)"
start="$(now_us)"
./build.sh
printf '  %s/helm and %s/helmcached, %d s\n' "$bin" "$bin" "$((($(now_us) - start) / 1000000))"

step "Real helm"
helm="$(find_real_helm)"
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
printf '  its state (socket, store, log) is in %s\n' "$home"

scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
export HELMCACHED_TRACE="$scratch/trace"

# outcome: the first word after "helmcached: " of the newest trace line.
outcome() {
  [[ ! -f "$scratch/trace" ]] || tail -n 1 "$scratch/trace" | sed -e 's/^.*helmcached: //' -e 's/ .*//'
}

step "samples/bookshop: once by real helm, twice through helmcached"
render=(template shop "$chart" --namespace shop --include-crds)
timed "$scratch/real" "$helm" "${render[@]}"
timed "$scratch/real" "$helm" "${render[@]}"
real_ms="$ms"
row "real helm" "" "$real_ms"
timed "$scratch/first" "$bin/helm" "${render[@]}"
first="$(outcome)"
note=""
[[ "$first" != hit ]] || note="(kept since an earlier quickstart)"
row "through helmcached" "${first:-?}" "$ms" "$note"
timed "$scratch/second" "$bin/helm" "${render[@]}"
second="$(outcome)"
row "through helmcached" "${second:-?}" "$ms" "$(awk "BEGIN { printf \"%.0f times faster\", $real_ms / ($ms > 0 ? $ms : 0.1) }")"
cmp -s "$scratch/real" "$scratch/first" && cmp -s "$scratch/real" "$scratch/second" ||
  die "the outputs differ from real helm's; please report this with $chart"
printf '  all three outputs are the same %d bytes\n' "$(wc -c <"$scratch/real")"
if [[ "$second" != hit ]]; then
  die "the second render was no hit but: ${second:-unknown}; see HELMCACHED_TRACE and docs/troubleshooting.md"
fi

step "Use it"
printf '  export PATH="%s:$PATH"\n' "$bin"
[[ "$(type -P helm || true)" == "$helm" ]] || printf '  export HELMCACHED_HELM="%s"\n' "$helm"
step "Undo"
printf '  take that line back, then: "%s/helmcached" stop; rm -rf "%s"\n' "$bin" "$home"
