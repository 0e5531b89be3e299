#!/usr/bin/env bash
# Feeds the codecs of the protocol bytes that no peer of ours would send.
#   eng/fuzz.sh [INPUTS] [SEED]     1000000 by default, and a seed by the clock; ends after ten minutes at most
# Last line: `fuzz: N messages, seed N, N understood, 0 crashes, peak allocation N bytes for a message of N, N s`; exit code 1, and
# the message in hex, when one was neither decoded nor refused, or took more memory than its size allows.
set -euo pipefail
cd "$(dirname "$0")/.."
export HELMCACHED_TEST_INPUTS="${1:-1000000}" HELMCACHED_TEST_SEED="${2:-$((RANDOM * 32768 + RANDOM))}"

dotnet build tests --verbosity quiet -clp:NoSummary
code=0
said="$(timeout 600 dotnet test tests --no-build --nologo --filter FullyQualifiedName~Protocol.FuzzTests --logger 'console;verbosity=detailed' 2>&1)" || code=$?
if ((code != 0)); then
  printf '%s\n' "$said" >&2
  printf 'fuzz: failed with seed %s, see above\n' "$HELMCACHED_TEST_SEED"
  exit 1
fi
grep -o 'fuzz: .*' <<<"$said"
