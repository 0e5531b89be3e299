#!/usr/bin/env bash
# Downloads one of the pinned npm packages that tests and scripts use, and prints the directory with its files.
#   eng/get-npm.sh fflate     unzips the archives of eng/get-helm.sh (so unzip is not needed)
#   eng/get-npm.sh msgpack    the reference MessagePack codec that the protocol is tested against
#   eng/get-npm.sh cdk8s      a tool that runs helm; the tests run it unmodified (it bundles its dependencies, except constructs)
#   eng/get-npm.sh constructs a package that cdk8s needs next to itself
set -euo pipefail
source "$(dirname "$0")/common.sh"

case "${1:-}" in
  fflate) package=fflate version=0.8.3 sha256=38c2cd824402407b43153c782274aec2ea83ea688e4aa0b743c5f2c305857d92 ;;
  msgpack) package=@msgpack/msgpack version=3.1.3 sha256=1fef5cd691fbe3ea2695ca12c8c01a5c2c50e7014486d32037e0242c1c24bd36 ;;
  cdk8s) package=cdk8s version=2.70.106 sha256=b9112a776eac3d992dd9985bcd79ba2f2caa33f4a07c5f7089dba4f0802d29f3 ;;
  constructs) package=constructs version=10.8.1 sha256=c3acc6ce7f13d17ebbc3077f7147dbd20e1e3d2b8a3ff78025242b7b2b1b21c6 ;;
  *) die "usage: eng/get-npm.sh fflate|msgpack|cdk8s|constructs" ;;
esac

target="$cache_dir/npm/$1-$version-${sha256:0:12}"
if [[ ! -d "$target" ]]; then
  scratch_dir
  fetch_package "$package@$version" "$sha256"
  tar -xzf "$scratch/package.tgz" -C "$scratch"
  mkdir -p "$cache_dir/npm"
  # If two run at the same time, the second rename would end up inside the first one's directory, so test first. The content is the same.
  mv -T "$scratch/package" "$target" 2>/dev/null || [[ -d "$target" ]] || mv "$scratch/package" "$target"
fi
printf '%s\n' "$target"
