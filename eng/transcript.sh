#!/usr/bin/env bash
# Does the first steps of a new user in an empty home and prints them: install, miss, hit, edit, explained miss, stats, doctor, a broken
# configuration, uninstall. Fails if a step fails. HELM names a real helm (default: eng/get-helm.sh 3).
#   eng/transcript.sh               the transcript, as in a pipe
#   eng/transcript.sh --terminal    the same on a terminal (script(1)), with colors
#   eng/transcript.sh --svg FILE    a picture of its first half, from a terminal
# eng/readme.sh types what the README says, in bash, zsh and fish.
set -euo pipefail
cd "$(dirname "$0")/.."
source eng/common.sh

mode="${1:-}"
if [[ "$mode" != --tour ]]; then
  helm="${HELM:-$(eng/get-helm.sh 3)}"
  scratch="$(mktemp -d)"
  trap 'HELMCACHED_HOME="$scratch/home/.cache/helmcached" artifacts/bin/helmcached stop >/dev/null; rm -rf "$scratch"' EXIT
  mkdir -p "$scratch/home" "$scratch/opt/helmcached" "$scratch/usr/bin"
  cp artifacts/bin/* "$scratch/opt/helmcached/"
  ln -s "$helm" "$scratch/usr/bin/helm"
  cp -r samples/bookshop "$scratch/home/bookshop"
  touch "$scratch/home/.bashrc"
  # The cache's own home follows the account, not HOME: here it has to be told.
  tour=(env -i OPT="$scratch/opt/helmcached" FIRST_HALF="$([[ "$mode" != --svg ]] || echo 1)" HOME="$scratch/home" HELMCACHED_HOME="$scratch/home/.cache/helmcached"
    HELMCACHED_CONFIG="$scratch/home/.config/helmcached/config.yaml" PATH="$scratch/usr/bin:/usr/bin:/bin"
    SHELL=/bin/bash TERM=xterm-256color LC_ALL=C.UTF-8 ${NO_COLOR:+NO_COLOR="$NO_COLOR"}
    bash "$PWD/eng/transcript.sh" --tour)
  # Paths as this person would see them.
  paths=(sed -u -e "s|$scratch/home|/home/you|g" -e "s|$scratch||g" -e 's|\r$||')
fi

# picture: a terminal's bytes in, SVG out. Knows colours and bold; drops every other control sequence.
picture() {
  LC_ALL=C awk '
    # Columns, not bytes.
    function columns(text) { gsub(/[\200-\277]/, "", text); return length(text) }
    function escape(text) { gsub(/&/, "\\&amp;", text); gsub(/</, "\\&lt;", text); gsub(/>/, "\\&gt;", text); return text }
    function flush_run() {
      if (run != "") line = line "<tspan" (colour != "" ? " fill=\"" colour "\"" : "") (bold ? " font-weight=\"bold\"" : "") ">" escape(run) "</tspan>"
      run = ""
    }
    BEGIN {
      split("#484f58 #ff7b72 #3fb950 #d29922 #58a6ff #bc8cff #39c5cf #b1bac4 #6e7681 #ffa198 #56d364 #e3b341 #79c0ff #d2a8ff #56d4dd #f0f6fc", palette, " ")
    }
    {
      line = ""; rest = $0; width = 0
      while (match(rest, /\033(\[[0-9;?]*[A-Za-z]|[=>])/)) {
        run = run substr(rest, 1, RSTART - 1); width += columns(substr(rest, 1, RSTART - 1))
        code = substr(rest, RSTART, RLENGTH); rest = substr(rest, RSTART + RLENGTH)
        if (code !~ /m$/) continue
        flush_run()
        n = split(substr(code, 3, length(code) - 3), part, ";")
        if (n == 0) { colour = ""; bold = 0 }
        for (i = 1; i <= n; i++) {
          if (part[i] == 0) { colour = ""; bold = 0 }
          else if (part[i] == 1) bold = 1
          else if (part[i] == 38 && part[i + 1] == 5) { colour = part[i + 2] < 16 ? palette[part[i + 2] + 1] : "#b1bac4"; i += 2 }
          else if (part[i] >= 30 && part[i] <= 37) colour = palette[part[i] - 29]
          else if (part[i] == 39) colour = ""
        }
      }
      run = run rest; width += columns(rest); flush_run()
      lines[++count] = line
      if (width > widest) widest = width
    }
    END {
      printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, monospace\" font-size=\"13\">\n", widest * 7.9 + 32, count * 18 + 28
      print "<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#0d1117\"/>"
      print "<g fill=\"#c9d1d9\">"
      for (i = 1; i <= count; i++) printf "<text x=\"16\" y=\"%d\" xml:space=\"preserve\">%s</text>\n", i * 18 + 14, lines[i]
      print "</g>\n</svg>"
    }'
}

# run COMMAND...: shows a line and runs it in this shell, as if typed.
run() {
  printf '%s$ %s%s\n' "$bold" "$1" "$plain"
  eval "$1"
  printf '\n'
}

# What the picture shows.
first_half() {
  run "$OPT/helmcached install --write"
  run '. ~/.bashrc    # or a new terminal'
  run 'helmcached start    # optional: the first render starts it'
  run 'export HELMCACHED_TRACE=1    # from now on, each call says what happened'
  run 'helm template shop bookshop > first.yaml'
  run 'helm template shop bookshop > second.yaml; cmp first.yaml second.yaml && echo the same bytes'
  run "sed -i 's/replicas: .*/replicas: 5/' bookshop/values.yaml"
  run 'helmcached explain -- template shop bookshop'
  run 'helm template shop bookshop > third.yaml'
  run 'unset HELMCACHED_TRACE; for i in {1..20}; do helm template shop bookshop > third.yaml; done'
  run 'helmcached doctor'
  run 'helmcached stats'
}

second_half() {
  run 'mkdir -p ~/.config/helmcached; echo "store: {max_size: lots}" > ~/.config/helmcached/config.yaml'
  run 'helmcached stop'
  run 'helm template shop bookshop | cmp - third.yaml && echo helm still works'
  run 'helmcached doctor | grep -A 1 config'
  run 'rm -r ~/.config; helmcached uninstall --purge'
  run 'hash -r; type -a helm; find ~ -not -path "*/bookshop*"'
}

case "$mode" in
  --tour)
    bold="" plain=""
    if [[ -t 1 ]]; then
      stty cols 120 rows 50
      [[ -n "${NO_COLOR:-}" ]] || bold=$'\033[1m' plain=$'\033[0m'
    fi
    # A failing check that is looked for is no failure of the tour.
    set +o pipefail
    cd ~
    first_half
    [[ -n "${FIRST_HALF:-}" ]] || second_half
    ;;
  --svg)
    file="${2:?usage: eng/transcript.sh --svg FILE}"
    script --quiet --return --command "$(printf '%q ' "${tour[@]}")" /dev/null </dev/null >"$scratch/out"
    "${paths[@]}" "$scratch/out" | sed -e '$ { /^$/d }' | picture >"$scratch/picture"
    mkdir -p "$(dirname "$file")"
    mv "$scratch/picture" "$file"
    ;;
  --terminal) script --quiet --return --command "$(printf '%q ' "${tour[@]}")" /dev/null </dev/null | "${paths[@]}" ;;
  "") "${tour[@]}" 2>&1 </dev/null | "${paths[@]}" ;;
  *) die "usage: eng/transcript.sh [--terminal | --svg FILE]" ;;
esac
