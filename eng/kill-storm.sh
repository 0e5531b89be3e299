#!/usr/bin/env bash
# Kills the daemon again and again while eight callers render, and compares each output with what helm prints.
#   eng/kill-storm.sh [KILLS]     default: 1000; ends after twenty minutes at most
# The last line is `kill-storm: N kills, N calls, N wrong, N failed, added at most N ms (helm alone N ms), N s`, where "helm alone" is
# the median call without helmcached under the same load. The exit code is 1 if a call was wrong or the time ran out.
set -euo pipefail
cd "$(dirname "$0")/.."
kills="${1:-1000}"
readonly deadline=1200
# shellcheck source=eng/crowd.sh
source eng/crowd.sh
crowd_home

# daemons: the process IDs of the daemons of this home, which is in their environment. A single program looks at all
# processes, because thousands of short ones would add to the load.
daemons() {
  grep -lsxz "HELMCACHED_HOME=$HELMCACHED_HOME" $(grep -lsx helmcached /proc/[0-9]*/comm | sed 's,comm$,environ,') /dev/null | cut -d / -f 3 || true
}
cleanup() {
  crowd_end
  daemons | xargs -r kill -KILL 2>/dev/null || true
  rm -rf "$scratch"
}
trap cleanup EXIT

crowd_start
killed=0
while ((killed < kills && SECONDS < deadline)); do
  sleep "0.0$((RANDOM % 6))"
  for pid in $(daemons); do
    if kill -KILL "$pid" 2>/dev/null; then killed=$((killed + 1)); fi
  done
done
crowd_end
crowd_sum "$killed" "$kills" kills
