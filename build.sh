#!/usr/bin/env bash
# Builds the two native programs into artifacts/bin/: helm (the shim) and helmcached (the daemon).
#   ./build.sh           checks the tools, then builds what has changed
#   ./build.sh --check   only checks the tools
#   ./build.sh --tests   also builds tests/FakeHelm into artifacts/test/fakehelm/
#   ./build.sh --arm64   only builds both for Linux on 64-bit Arm, on x86-64, into artifacts/arm64/bin/
set -euo pipefail
cd "$(dirname "$0")"

fail=0
# missing WHAT DEBIAN HOMEBREW: one line per missing tool; all of them are named before we give up.
missing() {
  printf 'build.sh: %s is missing; Debian: apt-get install %s; macOS: %s\n' "$1" "$2" "$3" >&2
  fail=1
}

sdk="$(dotnet --version 2>/dev/null || true)"
[[ "$sdk" == 1[0-9].* ]] || missing ".NET SDK 10" dotnet-sdk-10.0 "brew install dotnet"
command -v git >/dev/null 2>&1 || missing git git "brew install git"
compiler=""
for candidate in clang gcc; do
  if command -v "$candidate" >/dev/null 2>&1; then
    compiler="$candidate"
    break
  fi
done
if [[ -z "$compiler" ]]; then
  missing "a C compiler (it links the native binaries)" gcc "xcode-select --install"
elif ! printf '#include <zlib.h>\nint main(void) { return zlibVersion() == 0; }\n' |
  "$compiler" -x c - -lz -o /dev/null 2>/dev/null; then
  missing "zlib with its headers" zlib1g-dev "brew install zlib"
elif [[ "$(uname -s)" == Linux ]] && ! printf 'int main(void) { return 0; }\n' |
  "$compiler" -x c - -static-pie -pthread -lm -o /dev/null 2>/dev/null; then
  missing "the C library for static programs (libc.a; the shim is one)" libc6-dev "not needed"
fi
arm=aarch64-linux-gnu
if [[ "${1:-}" == --arm64 ]]; then
  [[ "$(uname -sm)" == "Linux x86_64" ]] || {
    printf 'build.sh: --arm64 is for Linux on x86-64; on 64-bit Arm ./build.sh alone builds for it\n' >&2
    exit 1
  }
  command -v "$arm-gcc" >/dev/null 2>&1 || missing "a C compiler for 64-bit Arm" "gcc-$arm libc6-dev-arm64-cross" "not for macOS"
fi
((fail == 0)) || exit 1
[[ "${1:-}" != --check ]] || exit 0

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

hash_of_stdin() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum; else shasum -a 256; fi | cut -d ' ' -f 1
}

# By content and not by time stamp, so that a checkout of an older commit builds and a touched file does not.
# fingerprint DIRECTORY...: a digest of everything that a publish of these directories reads.
fingerprint() {
  {
    printf '%s\n' "$sdk" "$(uname -sm)"
    find "$@" Directory.Build.props Directory.Build.targets Directory.Packages.props global.json build.sh \
      \( -name bin -o -name obj \) -prune -o -type f -print0 |
      LC_ALL=C sort -z | xargs -0 cat
    # Names too: a file that moved is a change.
    find "$@" \( -name bin -o -name obj \) -prune -o -type f -print | LC_ALL=C sort
  } | hash_of_stdin
}

# The commit that is built, for --version; with "-dirty" when what is built is not quite that commit. Empty outside of a git checkout.
revision="$(git rev-parse --short=10 HEAD 2>/dev/null || true)"
[[ -z "$revision" ]] || git diff --quiet HEAD -- client shim daemon Directory.Build.props Directory.Build.targets Directory.Packages.props 2>/dev/null || revision+="-dirty"

# What a publish is told besides; for another processor: which, with whose tools, and that nothing of it mixes with this machine's own build.
options=()
# publish PROJECT TARGET FILE...: publishes natively and puts the named files into TARGET, each by
# rename, so that a running daemon keeps its own copy.
publish() {
  local project="$1" target="$2" name staging
  shift 2
  staging="artifacts/publish/$project"
  rm -rf "$staging"
  mkdir -p "$target"
  if ! dotnet publish "$project" --configuration Release --output "$staging" --nologo --verbosity quiet -clp:NoSummary \
    -p:IncludeSourceRevisionInInformationalVersion=true -p:SourceRevisionId="$revision" "${options[@]}"; then
    printf 'build.sh: publishing %s failed\n' "$project" >&2
    exit 1
  fi
  for name in "$@"; do
    [[ -f "$staging/$name" ]] || continue
    chmod 755 "$staging/$name"
    mv -f "$staging/$name" "$target/$name"
  done
  rm -rf "$staging"
}

# up_to_date STAMP DIGEST FILE...: true when every file exists and was built from this digest.
up_to_date() {
  local stamp="$1" digest="$2" file
  shift 2
  for file in "$@"; do
    [[ -x "$file" ]] || return 1
  done
  [[ -f "$stamp" && "$(<"$stamp")" == "$digest" ]]
}

mkdir -p artifacts/bin artifacts/stamps
if [[ "${1:-}" == --arm64 ]]; then
  digest="$(fingerprint client shim daemon docs/key.md)"
  up_to_date artifacts/stamps/arm64 "$digest" artifacts/arm64/bin/helm artifacts/arm64/bin/helmcached && exit 0
  rm -f artifacts/stamps/arm64
  options=(--runtime linux-arm64 --artifacts-path "$PWD/artifacts/arm64/build" -p:CppCompilerAndLinker="$arm-gcc" -p:ObjCopyName="$arm-objcopy")
  printf 'building helm, the shim, for 64-bit Arm (1 of 2)\n'
  publish shim artifacts/arm64/bin helm
  printf 'building helmcached, the daemon, for 64-bit Arm (2 of 2)\n'
  publish daemon artifacts/arm64/bin helmcached
  printf '%s\n' "$digest" >artifacts/stamps/arm64
  exit 0
fi
digest="$(fingerprint client shim daemon docs/key.md)"
if ! up_to_date artifacts/stamps/bin "$digest" artifacts/bin/helm artifacts/bin/helmcached; then
  rm -f artifacts/stamps/bin
  printf 'building helm, the shim (1 of 2)\n'
  publish shim artifacts/bin helm
  printf 'building helmcached, the daemon (2 of 2), which takes longest\n'
  publish daemon artifacts/bin helmcached
  printf '%s\n' "$digest" >artifacts/stamps/bin
fi

if [[ "${1:-}" == --tests ]]; then
  digest="$(fingerprint tests/FakeHelm)"
  if ! up_to_date artifacts/stamps/fakehelm "$digest" artifacts/test/fakehelm/fakehelm; then
    rm -f artifacts/stamps/fakehelm
    publish tests/FakeHelm artifacts/test/fakehelm fakehelm
    printf '%s\n' "$digest" >artifacts/stamps/fakehelm
  fi
fi
