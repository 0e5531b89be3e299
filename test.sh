#!/usr/bin/env bash
# Builds everything and runs every test. The last line is always `N passed, N failed, N skipped`, the sum over all test
# projects. The exit code is 0 only if nothing failed and at least one test ran.
#   ./test.sh                       all tests
#   ./test.sh --filter EXPRESSION   some tests (dotnet test's filter), e.g. FullyQualifiedName~Conformance
#   ./test.sh --quick               the tests that need neither helm nor our programs: no native build, a few minutes
set -euo pipefail
cd "$(dirname "$0")"

passed=0 failed=0 skipped=0 step=""
# Whatever stops us early counts as one failure, and the last line is printed all the same.
finish() {
  local code=$?
  if ((code != 0)) && ((failed == 0)); then
    printf 'test.sh: stopped: %s\n' "$step" >&2
    failed=1
  fi
  ((failed == 0)) || code=1
  printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  exit "$code"
}
trap finish EXIT

say() {
  step="$1"
  printf '== %s\n' "$step"
}

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

if [[ "${1:-}" == --quick ]]; then
  shift
  set -- --filter "Needs!=programs" "$@"
  quick=1
else
  quick=0
fi

if ((!quick)); then
  say "native binaries (build.sh)"
  ./build.sh --tests
  [[ -z "${HELMCACHED_TEST_ARM64:-}" ]] || ./build.sh --arm64

  say "real helms (3.17, 4.1, 4.2), node packages"
  HELMCACHED_TEST_HELM3="${HELMCACHED_TEST_HELM3:-$(eng/get-helm.sh 3)}"
  HELMCACHED_TEST_HELM4="${HELMCACHED_TEST_HELM4:-$(eng/get-helm.sh 4)}"
  HELMCACHED_TEST_HELM42="${HELMCACHED_TEST_HELM42:-$(eng/get-helm.sh 4.2)}"
  HELMCACHED_TEST_MSGPACK="${HELMCACHED_TEST_MSGPACK:-$(eng/get-npm.sh msgpack)}"
  HELMCACHED_TEST_BIN="$PWD/artifacts/bin"
  export HELMCACHED_TEST_HELM3 HELMCACHED_TEST_HELM4 HELMCACHED_TEST_HELM42 HELMCACHED_TEST_MSGPACK HELMCACHED_TEST_BIN
fi

say "solution"
dotnet build CacheDaemon.sln --verbosity quiet -clp:NoSummary

say "formatting (CSharpier)"
if ! dotnet tool restore --verbosity quiet; then
  printf 'test.sh: CSharpier could not be restored; the formatting is not checked\n' >&2
elif ! dotnet csharpier check .; then
  printf 'test.sh: run dotnet csharpier format .\n' >&2
  failed=$((failed + 1))
fi

# counter NAME FILE: one number of the <Counters> element of a trx file.
counter() {
  grep -o '<Counters [^>]*>' "$2" | head -n 1 | grep -o " $1=\"[0-9]*\"" | tr -dc 0-9 || true
}

results="artifacts/test/results"
rm -rf "$results"
while IFS= read -r project; do
  name="$(basename "$project" .csproj)"
  say "$name"
  code=0
  dotnet test "$project" --no-build --results-directory "$results" \
    --logger "trx;LogFileName=$name.trx" --logger "console;verbosity=minimal" "$@" </dev/null || code=$?
  total="" ok="" executed=""
  if [[ -f "$results/$name.trx" ]]; then
    total="$(counter total "$results/$name.trx")"
    executed="$(counter executed "$results/$name.trx")"
    ok="$(counter passed "$results/$name.trx")"
  fi
  if [[ -z "$total" || -z "$ok" || -z "$executed" ]]; then
    printf 'test.sh: %s left no result file (dotnet test ended with %d)\n' "$name" "$code" >&2
    failed=$((failed + 1))
    continue
  fi
  passed=$((passed + ok))
  failed=$((failed + executed - ok))
  skipped=$((skipped + total - executed))
  if ((executed == 0)); then
    printf 'test.sh: %s executed no test\n' "$name" >&2
    failed=$((failed + 1))
  elif ((code != 0 && executed == ok)); then
    # A test host that died after its last test, or that was stopped: the counters alone do not say so.
    printf 'test.sh: dotnet test ended with %d although no test failed\n' "$code" >&2
    failed=$((failed + 1))
  fi
done < <(git ls-files -co --exclude-standard '*.csproj' | xargs grep -l 'Microsoft.NET.Test.Sdk' | LC_ALL=C sort)
