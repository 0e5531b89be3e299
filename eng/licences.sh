#!/usr/bin/env bash
# Collects the license of everything that is linked into helm and helmcached, with an index.
#   eng/licences.sh DIRECTORY      creates DIRECTORY with README.md and one text for each part; MACHINE=aarch64: for a build for 64-bit Arm
# The parts are the packages in shim/packages.lock.json and daemon/packages.lock.json that contain an assembly (analyzers and build
# tools don't), the .NET runtime, and, for the static shim, the C library and the compiler's library. The repository contains none of
# these texts: each comes from the package itself or from this machine (Debian's /usr/share/common-licenses and /usr/share/doc), so it
# matches the linked version. A part without a text is an error.
set -euo pipefail
cd "$(dirname "$0")/.."
source eng/common.sh

target="${1:?usage: eng/licences.sh DIRECTORY}"
mkdir -p "$target"
case "${MACHINE:-$(uname -m)}" in
  aarch64) rid=linux-arm64 ;;
  *) rid=linux-x64 ;;
esac

# Where NuGet keeps the packages that were linked: the last restore has written it down.
packages="${NUGET_PACKAGES:-$(sed -n 's|.*<NuGetPackageRoot[^>]*>\(.*\)</NuGetPackageRoot>.*|\1|p' daemon/obj/*.nuget.g.props 2>/dev/null || true)}"
packages="${packages:-$HOME/.nuget/packages}"

# packages_of PROJECT: "name version" of each package of its lock file.
packages_of() {
  awk -F '"' '/^      "/ { name = $2 } /^        "resolved"/ { print name, $4 }' "$1/packages.lock.json"
}

# folder_of NAME VERSION
folder_of() {
  local folder="$packages/${1,,}/${2,,}"
  [[ -d "$folder" ]] || die "$1 $2 is not in $packages; restore it first (./build.sh)"
  printf '%s\n' "$folder"
}

# of_nuspec FOLDER ELEMENT [ATTRIBUTE]: what the package says of itself; nothing when it does not.
of_nuspec() {
  sed -n "s|.*<$2${3:+ $3}>\(.*\)</$2>.*|\1|p" "$1"/*.nuspec | head -n 1
}

# expression_of FOLDER: the licence by its SPDX name; nothing when the package names a file instead.
expression_of() {
  of_nuspec "$1" license 'type="expression"'
}

# text_of FILE...: as it is, but for the line ends of another system.
text_of() {
  cat "$@" | tr -d '\r' | sed '1s/^\xef\xbb\xbf//'
}

# mit: the licence's words without a copyright line; they are the same in each, and .NET's runtime brings them.
mit() {
  text_of "$runtime/LICENSE.TXT" | sed -n '/^Permission is hereby granted/,$p'
}

# licence NAME FOLDER: the package's own text, else that of the licence that it names.
licence() {
  local name="$1" folder="$2" file expression copyright
  for file in "$folder"/{LICENSE,License,license}{,.txt,.TXT,.md}; do
    if [[ -f "$file" ]]; then
      text_of "$file"
      return
    fi
  done
  expression="$(expression_of "$folder")"
  copyright="$(of_nuspec "$folder" copyright)"
  [[ "$copyright" == *opyright* || "$copyright" == *©* ]] || copyright="Copyright (c) $(of_nuspec "$folder" authors)"
  [[ "$copyright" == *opyright* ]] || copyright="Copyright $copyright"
  printf '%s\n\n' "$copyright"
  if [[ "$expression" == MIT ]]; then
    mit
  elif [[ -n "$expression" && -f "/usr/share/common-licenses/$expression" ]]; then
    text_of "/usr/share/common-licenses/$expression"
  else
    die "$name has no licence file, and there is no text for its licence '$expression'"
  fi
}

# notices FOLDER: what the package passes on of others.
notices() {
  local file
  while IFS= read -r file; do
    printf '\n----- %s -----\n\n' "$(basename "$file")"
    text_of "$file"
  done < <(find "$1" -maxdepth 2 -type f -iname 'third*party*notices.txt' | LC_ALL=C sort)
}

# row PART VERSION LICENCE PROGRAMS FILE
row() {
  printf '| %s | %s | %s | %s | [%s](%s) |\n' "$1" "$2" "$3" "$4" "$5" "$5" >>"$target/README.md"
}

# system_text NAME PACKAGE...: the copyright file of the first of these Debian packages that is installed.
system_text() {
  local name="$1" file
  for file in "${@:2}"; do
    file="/usr/share/doc/$file/copyright"
    if [[ -f "$file" ]]; then
      text_of "$file"
      return
    fi
  done
  die "there is no copyright file of $name in /usr/share/doc"
}

cat >"$target/README.md" <<'INDEX'
# Licences

helmcached itself is under the Apache License 2.0 (the file LICENSE; in the Debian package, copyright). Its programs contain these parts by others, each under its own licence:

| part | version | licence | in | text |
|---|---|---|---|---|
INDEX

runtime_version="$(packages_of shim | sed -n 's/^Microsoft\.DotNet\.ILCompiler //p' | head -n 1)"
runtime="$(folder_of "Microsoft.NETCore.App.Runtime.NativeAOT.$rid" "$runtime_version")"
{
  licence ".NET runtime" "$runtime"
  notices "$runtime"
} >"$target/dotnet-runtime.txt"
row ".NET runtime and class library" "$runtime_version" MIT "helm, helmcached" dotnet-runtime.txt

shim_packages="$(packages_of shim)"
while read -r name version; do
  folder="$(folder_of "$name" "$version")"
  [[ -n "$(find "$folder/lib" -name '*.dll' -print -quit 2>/dev/null)" ]] || continue
  {
    licence "$name" "$folder"
    notices "$folder"
  } >"$target/$name.txt"
  expression="$(expression_of "$folder")"
  programs=helmcached
  ! grep -qxF "$name $version" <<<"$shim_packages" || programs="helm, helmcached"
  row "$name" "$version" "${expression:-see the text}" "$programs" "$name.txt"
done < <({ packages_of shim; packages_of daemon; } | LC_ALL=C sort -u)

{
  system_text "the C library" libc6-dev libc6
  printf '\n----- LGPL-2.1 -----\n\n'
  text_of /usr/share/common-licenses/LGPL-2.1
} >"$target/glibc.txt"
row "GNU C library (glibc), linked statically" "$(ldd --version | sed -n '1s/.* //p')" "LGPL-2.1-or-later" helm glibc.txt
{
  system_text "the compiler's library" libgcc-s1 gcc-12-base
  printf '\n----- GPL-3 -----\n\n'
  text_of /usr/share/common-licenses/GPL-3
} >"$target/libgcc.txt"
row "GCC's runtime library (libgcc)" "$(gcc -dumpfullversion 2>/dev/null || echo 'of the system')" "GPL-3.0-or-later with the GCC Runtime Library Exception 3.1" "helm, helmcached" libgcc.txt

cat >>"$target/README.md" <<'RELINK'

The shim, `helm`, holds the C library (`helmcached` uses the one of the system). To link it with another version of that library, take helmcached's source, which
is public and complete, and run its `build.sh` on a machine with that version: the linker takes the `libc.a` that it finds there.
RELINK
