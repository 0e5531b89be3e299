#!/usr/bin/env bash
# Makes what people install: a tarball that works from any directory, a Debian package, and their SHA-256 sums.
#   eng/package.sh [--no-build] [DIRECTORY]    into DIRECTORY (default: artifacts/packages)
#   eng/package.sh --arm64 [DIRECTORY]         for Linux on 64-bit Arm, on x86-64 (./build.sh --arm64); tested in an emulator, not on hardware
#   eng/package.sh --check DIRECTORY           tests both as a user would; HELM names a real helm (default: eng/get-helm.sh 3)
# The same commit gives the same bytes: names are sorted, the owner is root, times are those of the commit.
# Both packages contain the documentation with pictures, manual pages, completions, and the license of each linked part (eng/licences.sh).
set -euo pipefail
cd "$(dirname "$0")/.."
source eng/common.sh

# Whose programs are packed, and the same programs for this machine, which print the manual page and the completions.
bin="$PWD/artifacts/bin" own="$PWD/artifacts/bin" machine="$(uname -m)"

# pages DIRECTORY: the pages, their pictures and the files for others' tools, where links look for them: beside the README.
pages() {
  local file
  while IFS= read -r file; do
    install -D -m 644 "$file" "$1/$file"
  done < <(
    ls -- *.md
    find docs -name '*.md' -o -name '*.svg' -o -name '*.png'
    find eng/action eng/gitlab-ci eng/homebrew eng/nix -type f
    # Of the measurements those that a page refers to.
    grep -ohE 'bench/results/[^])# ]+\.md' README.md docs/*.md | sort -u
  )
}

# The package needs no maintainer scripts: nothing of a user's is touched when it is installed or removed.
package() {
  local target="$1" version architecture epoch staging name glibc
  case "$machine" in
    x86_64) architecture=amd64 ;;
    aarch64) architecture=arm64 ;;
    *) die "no package is made for $machine" ;;
  esac
  version="$("$own/helmcached" --version)"
  version="${version%%+*}"
  epoch="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}"
  mkdir -p "$target"
  target="$(cd "$target" && pwd)"
  staging="$(mktemp -d)"
  # shellcheck disable=SC2064
  trap "rm -rf '$staging'" EXIT
  umask 022

  name="helmcached-$version-linux-$machine"
  mkdir -p "$staging/$name/man" "$staging/$name/completion"
  install -m 755 "$bin/helm" "$bin/helmcached" "$staging/$name/"
  install -m 644 LICENSE "$staging/$name/"
  pages "$staging/$name"
  MACHINE="$machine" eng/licences.sh "$staging/$name/licences"
  "$own/helmcached" man >"$staging/$name/man/helmcached.1"
  install -m 644 docs/man/helm-shim.1 "$staging/$name/man/"
  for shell in bash zsh fish pwsh; do
    "$own/helmcached" completion "$shell" >"$staging/$name/completion/helmcached.$shell"
  done
  find "$staging" -exec touch --no-dereference --date="@$epoch" {} +
  tar -C "$staging" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$epoch" -cf - "$name" |
    gzip --best --no-name >"$target/$name.tar.gz"

  # Not as /usr/bin/helm: that name is a helm package's. Each user decides with `helmcached install`.
  local root="$staging/deb" lib="$staging/deb/usr/lib/helmcached" share="$staging/deb/usr/share"
  mkdir -p "$root/DEBIAN" "$lib" "$root/usr/bin" "$share/man/man1" "$share/doc/helmcached" \
    "$share/bash-completion/completions" "$share/zsh/vendor-completions" "$share/fish/vendor_completions.d"
  install -m 755 "$bin/helm" "$bin/helmcached" "$lib/"
  ln -s ../lib/helmcached/helmcached "$root/usr/bin/helmcached"
  for page in "$staging/$name"/man/*.1; do
    gzip --best --no-name <"$page" >"$share/man/man1/$(basename "$page").gz"
  done
  cp "$staging/$name/completion/helmcached.bash" "$share/bash-completion/completions/helmcached"
  cp "$staging/$name/completion/helmcached.zsh" "$share/zsh/vendor-completions/_helmcached"
  cp "$staging/$name/completion/helmcached.fish" "$share/fish/vendor_completions.d/helmcached.fish"
  pages "$share/doc/helmcached"
  cp -R "$staging/$name/licences" "$share/doc/helmcached/"
  {
    printf 'helmcached: the Apache License 2.0, below. What is linked into its programs: licences/README.md in this directory.\n\n'
    cat LICENSE
  } >"$share/doc/helmcached/copyright"
  gzip --best --no-name <CHANGELOG.md >"$share/doc/helmcached/changelog.gz"
  glibc="$(LC_ALL=C grep -a -o -h -E 'GLIBC_2\.[0-9]+' "$lib"/* | sed 's/GLIBC_//' | sort -V | tail -n 1)"
  cat >"$root/DEBIAN/control" <<CONTROL
Package: helmcached
Version: $version
Architecture: $architecture
Maintainer: The helmcached authors <helmcached@localhost>
Installed-Size: $(du -sk --apparent-size "$root/usr" | cut -f 1)
Depends: libc6 (>= ${glibc:-2.34})
Suggests: helm
Section: devel
Priority: optional
Description: cache for what helm template prints
 A helm for PATH that answers a repeated helm template from a cache and is
 real helm for everything else, and the daemon behind it. Nothing changes for
 a user until that user runs: helmcached install --write
CONTROL
  (cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
  find "$root" -exec touch --no-dereference --date="@$epoch" {} +
  SOURCE_DATE_EPOCH="$epoch" dpkg-deb --build --root-owner-group -Zxz "$root" "$target/helmcached_${version}_$architecture.deb" >/dev/null

  (cd "$target" && sha256sum "$name.tar.gz" "helmcached_${version}_$architecture.deb" >SHA256SUMS && cat SHA256SUMS)
}

# try PROGRAM: installs from PROGRAM in an empty home, renders a miss and a hit, and takes it off again without a trace.
try() {
  local program="$1" home="$scratch/home $RANDOM"
  mkdir -p "$home/usr"
  ln -s "$helm" "$home/usr/helm"
  mkdir -p "$home/me"
  env -i HOME="$home/me" HELMCACHED_HOME="$home/cache" HELMCACHED_CONFIG="$home/none.yaml" PATH="$home/usr:/usr/bin:/bin" SHELL=/bin/bash \
    PROGRAM="$program" CHART="$PWD/samples/bookshop" bash -euo pipefail <<'USER'
touch ~/.bashrc
"$PROGRAM" install --write --shell bash >~/out
PATH="$HOME/.local/share/helmcached/bin:$PATH"
helmcached start >>~/out
for i in 1 2; do HELMCACHED_TRACE=1 helm template shop "$CHART" 2>>~/trace >~/out.$i; done
HELMCACHED_DISABLE=1 helm template shop "$CHART" >~/out.3
cmp ~/out.1 ~/out.2 && cmp ~/out.1 ~/out.3
[[ "$(cut -d ' ' -f 2 ~/trace | tr '\n' ' ')" == "miss hit " ]] || { cat ~/trace >&2; exit 1; }
helmcached doctor >~/out || { cat ~/out >&2; exit 1; }
"$PROGRAM" uninstall --purge >>~/out
rm ~/out* ~/trace
[[ "$(find ~ -mindepth 1)" == ~/.bashrc && ! -s ~/.bashrc && ! -e "$HELMCACHED_HOME" ]] || { find ~ >&2; exit 1; }
USER
}

check() {
  local directory deb root
  directory="$(cd "$1" && pwd)"
  helm="${HELM:-$(eng/get-helm.sh 3)}"
  scratch="$(mktemp -d)"
  trap 'rm -rf "$scratch"' EXIT
  (cd "$directory" && sha256sum --check --quiet SHA256SUMS)

  mkdir "$scratch/any where"
  tar -C "$scratch/any where" -xzf "$directory"/helmcached-*.tar.gz
  try "$(echo "$scratch/any where"/helmcached-*/helmcached)"
  printf 'tarball: unpacked, installed, miss, hit, doctor, uninstalled without a trace\n'

  deb="$(echo "$directory"/helmcached_*.deb)"
  root="$scratch/root"
  mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates" "$root/var/lib/dpkg/triggers"
  touch "$root/var/lib/dpkg/status" "$root/var/lib/dpkg/available"
  # A root of its own: its libc6 is this machine's, which dpkg cannot know.
  local dpkg=(dpkg --root="$root" --force-not-root --force-depends --log="$scratch/dpkg.log")
  (cd / && find "$root" ! -path "$root/var*" | sort) >"$scratch/before"
  "${dpkg[@]}" --install "$deb" >"$scratch/out" 2>&1 || { cat "$scratch/out" >&2; die "dpkg --install failed"; }
  [[ "$("${dpkg[@]}" --status helmcached | grep '^Status:')" == "Status: install ok installed" ]] || die "dpkg does not say that it is installed"
  "${dpkg[@]}" --verify helmcached
  [[ ! -e "$root/usr/bin/helm" ]] || die "the package must not bring /usr/bin/helm"
  try "$root/usr/bin/helmcached"
  "${dpkg[@]}" --purge helmcached >"$scratch/out" 2>&1 || { cat "$scratch/out" >&2; die "dpkg --purge failed"; }
  (cd / && find "$root" ! -path "$root/var*" | sort) >"$scratch/after"
  diff "$scratch/before" "$scratch/after" || die "dpkg --purge left something behind"
  printf 'Debian package: installed, verified, tried, purged without a trace\n'
}

case "${1:-}" in
  --check) check "${2:?usage: eng/package.sh --check DIRECTORY}" ;;
  --no-build) package "${2:-artifacts/packages}" ;;
  --arm64)
    rm -f artifacts/stamps/bin artifacts/stamps/arm64
    ./build.sh
    ./build.sh --arm64
    bin="$PWD/artifacts/arm64/bin" machine=aarch64
    package "${2:-artifacts/packages/arm64}"
    ;;
  -*) die "usage: eng/package.sh [--no-build | --arm64] [DIRECTORY] | --check DIRECTORY" ;;
  *)
    # What was built from a dirty tree says so in --version; a package is built anew.
    rm -f artifacts/stamps/bin
    ./build.sh
    package "${1:-artifacts/packages}"
    ;;
esac
