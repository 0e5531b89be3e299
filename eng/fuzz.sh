#!/usr/bin/env bash
# Feeds random bytes to the codecs of the protocol.
#   eng/fuzz.sh [INPUTS] [SEED]     default: 1000000 inputs and a seed from the clock; ends after ten minutes at most
# The last line is `fuzz: N messages, seed N, N understood, 0 crashes, peak allocation N bytes for a message of N, N s`. If a
# message was neither decoded nor rejected, or took more memory than its size allows, it is printed in hex, and the exit code is 1.
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
