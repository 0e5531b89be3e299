#!/usr/bin/env bash
# Does what the section "Install" of the README says, word for word, as a new user with an empty home and without helm on PATH: types each line
# into a shell in a pseudo-terminal (script(1)), opens a new one where the README says so, and ends with the doctor. Fails if a line fails.
#   eng/readme.sh SHELL...                       from this clone; SHELL is bash, zsh or fish
#   eng/readme.sh --tarball DIRECTORY SHELL...   from the tarball that eng/package.sh made in DIRECTORY
#   eng/readme.sh --deb DIRECTORY SHELL...       from its Debian package, installed by apt into a separate root: this machine's files below an
#                                                overlay that is discarded at the end; needs root
# HELM names the helm that this user installs when told that there is none (default: eng/get-helm.sh 3). PATH must not contain a helm.
set -euo pipefail
cd "$(dirname "$0")/.."
source eng/common.sh

repository="$PWD"
search=/usr/local/bin:/usr/bin:/bin

# Set by each walk: the shell, its home, more variables, where its terminals begin, PATH, and what the terminals are started by.
shell="" home="" variables=() directory="" path="$search" enter=() root=""

# block HEADING NUMBER: the lines of a block of commands below a heading of the README.
block() {
  awk -v heading="### $1" -v number="$2" '
    /^#/ && !inside { found = $0 == heading; next }
    found && /^```sh$/ { inside = 1; count++; next }
    inside && /^```$/ { inside = 0; next }
    inside && count == number' README.md
}

# open_terminal: a new terminal of 120 x 40, with nothing of this process in its environment.
open_terminal() {
  coproc TERMINAL {
    exec "${enter[@]}" env -i HOME="$home" USER=you SHELL="/usr/bin/$shell" TERM=xterm-256color LC_ALL=C.UTF-8 PATH="$path" "${variables[@]}" \
      script --quiet --flush --return --command "stty cols 120 rows 40; cd '$directory'; exec $shell -i" /dev/null 2>&1
  }
  terminal_pid="$TERMINAL_PID"
  exec {from}<&"${TERMINAL[0]}" {to}>&"${TERMINAL[1]}"
  # zsh asks a user without start-up files, who is not root, what to do; q is: nothing, this time.
  [[ "$shell" != zsh || "$EUID" == 0 || -e "$root$home/.zshrc" ]] || printf q >&"$to"
}

# type_line LINE [CODE]: types it, waits until it is done, and leaves what the terminal showed in $shown, without control sequences.
step=0
type_line() {
  local line="$1" expected="${2:-0}" text status='$?'
  [[ "$shell" != fish ]] || status='$status'
  step=$((step + 1)) shown=""
  printf '%s\r' "$line" >&"$to"
  # The words in this order appear only when the shell runs this, and not when it shows what is typed.
  local question="printf '%s ended with %s\\n' step-$step $status" asked=1
  printf '%s\r' "$question" >&"$to"
  while ((asked < 60)); do
    if ! IFS= read -r -t 10 -u "$from" text; then
      # Silence: it takes its time, or it has thrown away what was typed meanwhile, as apt does.
      asked=$((asked + 1))
      printf '%s\r' "$question" >&"$to"
      continue
    fi
    text="$(plain <<<"$text")"
    if [[ "$text" == *"step-$step ended with "[0-9]* ]]; then
      [[ "${text##* }" == "$expected" ]] || die "$shell: '$line' ended with ${text##* }"
      return
    fi
    [[ "$text" == *"ended with "* ]] || { shown+="$text"$'\n'; printf '%s\n' "$text"; }
  done
  die "$shell: '$line' does not end"
}

# plain: a terminal's bytes without control sequences, and paths as this person would see them.
plain() {
  sed -E -e $'s/\x1b\\[[0-9;?<>=]*[a-zA-Z]//g' -e $'s/\x1b\\][^\x07\x1b]*(\x07|\x1b\\\\)//g' -e $'s/\x1b[()][A-Z0-9]//g' -e $'s/\x1b[=>]//g' -e $'s/^.*\r([^\r])/\\1/' -e $'s/\r//g' \
    -e "s|$repository|/home/you/helmcached|g" -e "s|$home|/home/you|g"
}

close_terminal() {
  printf 'exit\r' >&"$to"
  # What it says on its way out.
  cat <&"$from" >/dev/null || true
  wait "$terminal_pid" 2>/dev/null || true
  exec {from}<&- {to}>&-
}

# say TEXT: a line between the terminals.
say() { printf '\n--- %s\n' "$1"; }

# type_block HEADING NUMBER [CODE]: types the lines of a block; the last one ends with CODE.
type_block() {
  local lines line
  mapfile -t lines < <(block "$1" "$2")
  ((${#lines[@]} > 0)) || die "README.md has no block $2 below '$1'"
  for line in "${lines[@]:0:${#lines[@]}-1}"; do type_line "${line#sudo }"; done
  line="${lines[-1]}"
  type_line "${line#sudo }" "${3:-0}"
}

# walk SHELL HOME: begins a walk of this shell's new user.
walk() {
  shell="$1" home="$2"
  mkdir -p "$root$home"
  # Without it fish reads all manual pages of the machine in the background, and still writes here when it has long ended.
  [[ "$shell" != fish ]] || mkdir -p "$root$home/.local/share/fish/generated_completions"
}

from_clone() {
  local chosen
  walk "$1" "$scratch/$1"
  # The cache's own home follows the account, not HOME: here it has to be told. The other three spare this machine work that has been done before.
  variables=(HELMCACHED_HOME="$home/.cache/helmcached" HELMCACHED_CONFIG="$home/.config/helmcached/config.yaml"
    HELMCACHED_TEST_CACHE="$cache_dir" NUGET_PACKAGES="${NUGET_PACKAGES:-$HOME/.nuget/packages}"
    ${HELMCACHED_ARMED_DIRECTORY:+HELMCACHED_ARMED_DIRECTORY="$HELMCACHED_ARMED_DIRECTORY"})
  directory="$repository"
  say "$shell: a terminal in the clone"
  open_terminal
  type_block "From a clone" 1
  chosen="$(sed -n 's/^  \(export [A-Z_]*=.*\)$/\1/p' <<<"$shown" | sed "s|/home/you/helmcached|$repository|g")"
  [[ "$chosen" == *HELMCACHED_HELM=* ]] || die "$shell: the quickstart does not say how to use it without a helm on PATH"
  while IFS= read -r line; do type_line "$line"; done <<<"$chosen"
  type_block "From a clone" 2
  close_terminal
  say "$shell: a new terminal"
  open_terminal
  type_block "From a clone" 3
  finish
}

# from_package HEADING NUMBER: whoever has no helm is told to install one. The block with this number installs, the next one looks at the result.
from_package() {
  say "$shell: a terminal, and no helm"
  open_terminal
  type_block "$1" "$2" 1
  [[ "$shown" == *"no real helm found"*"get it from"* ]] || die "$shell: nobody says that helm is missing, and where to get it"
  say "helm is installed"
  install -D -m 755 "$helm" "$root${path%%:*}/helm"
  type_line "$(block "$1" "$2" | tail -n 1)"
  close_terminal
  say "$shell: a new terminal"
  open_terminal
  type_block "$1" "$(($2 + 1))"
  finish
  rm "$root${path%%:*}/helm"
}

# The last thing that was typed is the doctor. What we have made goes again; the rest of the home is the shell's.
finish() {
  [[ "$shown" == *"all checks passed"* ]] || die "$shell: the doctor is not content"
  type_line "helmcached uninstall --purge"
  close_terminal
  if find "$root$home" -ipath '*helmcached*' | grep .; then die "$shell: uninstall --purge left this behind"; fi
}

from_tarball() {
  walk "$1" "$scratch/$1"
  variables=(HELMCACHED_HOME="$home/.cache/helmcached" HELMCACHED_CONFIG="$home/.config/helmcached/config.yaml")
  path="$scratch/bin:$search" directory="$scratch/downloads"
  mkdir -p "$directory"
  cp "$packages"/helmcached-*.tar.gz "$directory/"
  from_package "From the tarball" 1
}

# Below unshare(1), in namespaces of its own: this machine's files below a layer of memory. Nothing of the machine is mounted so that it could be
# written through, and nothing is deleted at the end: the mounts go with the namespace.
from_deb() {
  mount --make-rprivate /
  mount -t tmpfs -o mode=755 layer "$scratch"
  mkdir "$scratch/upper" "$scratch/work" "$scratch/root"
  root="$scratch/root"
  mount -t overlay overlay -o "lowerdir=/,upperdir=$scratch/upper,workdir=$scratch/work" "$root"
  mount -t proc proc "$root/proc"
  mount -t tmpfs -o mode=755 dev "$root/dev"
  mkdir "$root/dev/pts" "$root/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  mknod -m 666 "$root/dev/null" c 1 3
  mknod -m 666 "$root/dev/zero" c 1 5
  mknod -m 666 "$root/dev/urandom" c 1 9
  mknod -m 666 "$root/dev/tty" c 5 0
  mount -t tmpfs -o mode=1777 tmp "$root/tmp"
  mount -t tmpfs -o mode=700 home "$root/root"
  cp "$packages"/*.deb "$root/tmp/"
  path="$search" directory=/tmp enter=(chroot "$root")
  for each in "$@"; do
    walk "$each" /root
    from_package "From the Debian package" 1
    find "$root/root" -xdev -mindepth 1 -delete
  done
}

(($# > 0)) || die "usage: eng/readme.sh SHELL... | --tarball DIRECTORY SHELL... | --deb DIRECTORY SHELL..."
mode=""
if [[ "$1" == --* ]]; then
  mode="$1" packages="$(cd "$2" && pwd)"
  shift 2
fi
helm="${HELM:-$(eng/get-helm.sh 3)}"
scratch="${README_SCRATCH:-$(mktemp -d)}"
if [[ "$mode" == --deb && -z "${README_SCRATCH:-}" ]]; then
  trap 'rmdir "$scratch"' EXIT
  README_SCRATCH="$scratch" HELM="$helm" unshare --mount --pid --fork --kill-child --mount-proc bash eng/readme.sh --deb "$packages" "$@"
  exit
fi
# shellcheck disable=SC2329
tidy() {
  local state
  for state in "$scratch"/*/.cache/helmcached; do
    [[ ! -d "$state" ]] || HELMCACHED_HOME="$state" artifacts/bin/helmcached stop >/dev/null 2>&1 || true
  done
  rm -rf --one-file-system "$scratch"
}
[[ "$mode" == --deb ]] || trap tidy EXIT
case "$mode" in
  "") for each in "$@"; do from_clone "$each"; done ;;
  --tarball) for each in "$@"; do from_tarball "$each"; done ;;
  --deb) from_deb "$@" ;;
  *) die "there is no $mode" ;;
esac
