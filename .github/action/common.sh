# shellcheck shell=bash
# What the steps of the action share. Sourced, not run. For bash 3.2 too, which macOS has.

# Ends the step with a message about how the action was called.
misused() {
  echo "::error title=mcplint::$1"
  exit 2
}

# one_of NAME VALUE CHOICE…: the input NAME has to be one of the choices.
one_of() {
  local name=$1 value=$2 choice
  shift 2
  for choice in "$@"; do
    if [[ $value == "$choice" ]]; then
      return
    fi
  done
  misused "the input \`$name\` has to be one of: $*"
}

# add_lines TEXT [OPTION]: appends the lines of an input to the array `arguments`, each after OPTION if
# there is one. Blank lines and the space around lines do not count.
add_lines() {
  local line
  while IFS= read -r line; do
    line="${line#"${line%%[![:space:]]*}"}"
    line="${line%"${line##*[![:space:]]}"}"
    if [[ -n $line ]]; then
      arguments+=(${2:+"$2"} "$line")
    fi
  done <<<"$1"
}
