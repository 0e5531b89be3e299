#!/usr/bin/env bash
# Builds this tree again with the next version and the next protocol, and swaps the two builds while eight callers render: newer shims
# meet the older daemon, older shims the newer one, and each output is compared with what helm prints.
#   eng/upgrade.sh [ROUNDS]     default: 20; each is an upgrade, a time with shims of both versions, and a downgrade
# The last line is `upgrade: N rounds, N calls, N wrong, N failed, added at most N ms (helm alone N ms), N s`. The exit code is 1 if a
# call was wrong or a daemon did not make room for the other in time.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds="${1:-20}"
readonly patience=30
# shellcheck source=eng/crowd.sh
source eng/crowd.sh
crowd_home
cleanup() {
  crowd_end
  "$scratch/next/artifacts/bin/helmcached" stop >/dev/null 2>&1 || true
  "$bin/helmcached" stop >/dev/null 2>&1 || true
  rm -rf "$scratch"
}
trap cleanup EXIT

# The next version: everything that is built from, with other numbers.
mkdir "$scratch/next" "$scratch/bin"
git ls-files -co --exclude-standard -z -- . ':!tests' ':!bench' ':!docs' ':!samples' | xargs -0 cp --parents -t "$scratch/next"
number="client/Protocol/ProtocolVersion.cs"
sed -i 's/Current = \([0-9]*\);/Current = \1 + 1;/' "$scratch/next/$number"
sed -i 's,<VersionPrefix>.*</VersionPrefix>,<VersionPrefix>99.0.0</VersionPrefix>,' "$scratch/next/Directory.Build.props"
if cmp -s "$number" "$scratch/next/$number"; then
  printf 'upgrade: %s has no number to raise\n' "$number" >&2
  exit 1
fi
printf 'upgrade: building the next version\n' >&2
"$scratch/next/build.sh" >&2
next="$scratch/next/artifacts/bin"

# install FROM: both binaries by rename, as package managers do.
install_from() {
  local name
  for name in helmcached helm; do
    cp "$1/$name" "$scratch/bin/$name.new"
    mv -f "$scratch/bin/$name.new" "$scratch/bin/$name"
  done
  cp -u "$1"/lib* "$scratch/bin/" 2>/dev/null || true
}
# version_is HELMCACHED VERSION: waits until this program finds a daemon of that version.
version_is() {
  local began=$SECONDS
  until "$1" status --json 2>/dev/null | grep -q "\"version\":\"$2\""; do
    if ((SECONDS - began > patience)); then
      printf 'upgrade: no daemon of version %s came up in %d s\n' "$2" "$patience" >&2
      return 1
    fi
    sleep 0.05
  done
}
version_of() { "$1" --version | cut -d + -f 1; }

# Every other call by the shim of one fixed version, while there are both.
shim_for() {
  if [[ -e "$scratch/both" ]] && (($1 % 2 == 0)); then printf '%s' "$bin/helm"; else printf '%s' "$scratch/bin/helm"; fi
}

old_version="$(version_of "$bin/helmcached")" next_version="$(version_of "$next/helmcached")"
install_from "$bin"
crowd_start
done=0
for ((; done < rounds; done++)); do
  version_is "$scratch/bin/helmcached" "$old_version" || break
  install_from "$next"
  version_is "$scratch/bin/helmcached" "$next_version" || break
  # Older shims are declined by the newer daemon, and do not drive it away.
  touch "$scratch/both"
  sleep 0.5
  version_is "$scratch/bin/helmcached" "$next_version" || break
  rm "$scratch/both"
  install_from "$bin"
done
crowd_end
crowd_sum "$done" "$rounds" rounds
