#!/usr/bin/env bash
# Replays the repository's trace under the policies of the base commit and under those that are checked
# out, and says which recorded calls change their decision.
#
# Reads INPUT_TRACES, INPUT_POLICIES, INPUT_CONFIG, INPUT_BASE, INPUT_STEP_SUMMARY, DEFAULT_BASE, MCPLINT,
# RUNNER_TEMP, GITHUB_OUTPUT, GITHUB_STEP_SUMMARY; writes `changed` to GITHUB_OUTPUT.
set -euo pipefail
# shellcheck source=.github/action/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"

# skip WHY: there is nothing to compare, which is no failure.
skip() {
  echo "::notice title=mcplint::the trace was not compared: $1"
  echo "changed=" >>"$GITHUB_OUTPUT"
  exit 0
}

# The commit that a name stands for, if it is there.
commit() {
  git rev-parse --verify --quiet --end-of-options "$1^{commit}"
}

# Paths are those of two commits, so they have to be below the root of the repository.
relative() {
  local line
  while IFS= read -r line; do
    if [[ ${line##*=} =~ ^[[:space:]]*/ ]]; then
      misused "the input \`$1\` has to be relative, so that it is found in both commits"
    fi
  done <<<"$2"
}
relative config "$INPUT_CONFIG"
relative policies "$INPUT_POLICIES"

if [[ -n $INPUT_BASE ]]; then
  base=$(commit "$INPUT_BASE") ||
    misused "the input \`base\` is no commit that is here; let actions/checkout fetch it with \`fetch-depth: 0\`"
# A push that makes a branch has a base of zeros.
elif [[ ! $DEFAULT_BASE =~ ^[0-9a-f]{40,64}$ || $DEFAULT_BASE =~ ^0+$ ]]; then
  skip "there is no base commit to compare with"
elif ! base=$(commit "$DEFAULT_BASE"); then
  git fetch --quiet --no-tags --depth=1 origin "$DEFAULT_BASE" 2>/dev/null || true
  base=$(commit "$DEFAULT_BASE") ||
    skip "the base commit is not there; let actions/checkout fetch it with \`fetch-depth: 0\`"
fi

# The traces are those that are checked out, whichever commit the policies are of.
arguments=()
add_lines "$INPUT_TRACES"
if [[ ${#arguments[@]} -eq 0 ]]; then
  misused "the input \`traces\` names none"
fi
traces=()
for trace in "${arguments[@]}"; do
  [[ -e $trace ]] || misused "there is no trace \`${trace//[^A-Za-z0-9._\/ -]/?}\`"
  [[ $trace == /* ]] || trace=$PWD/$trace
  traces+=("$trace")
done

arguments=(--quiet --strict)
add_lines "$INPUT_POLICIES" --policy
if [[ -n $INPUT_CONFIG ]]; then
  arguments+=(--config "$INPUT_CONFIG")
fi

work=$(mktemp -d "$RUNNER_TEMP/mcplint-replay.XXXXXX")
trap 'rm -rf "$work"; git worktree prune' EXIT

# replay SNAPSHOT OPTION…: decides the traces by the policies below the working directory.
replay() {
  "$MCPLINT" simulate "${arguments[@]}" --snapshot "$work/$1.jsonl" "${@:2}" -- "${traces[@]}"
}

# What can't be replayed now is the fault of this commit, or of the trace.
replay head --format text || misused "the trace can't be replayed under these policies, see above"

git worktree add --quiet --detach "$work/base" "$base"
if ! (cd "$work/base" && replay base --format json >/dev/null 2>"$work/why.txt"); then
  cat "$work/why.txt"
  skip "the base commit has no policies under which it can be replayed"
fi
changed=false
code=0
replay base --format json >/dev/null 2>"$work/changes.txt" || code=$?
if [[ $code -gt 1 ]]; then
  cat "$work/changes.txt"
  misused "the decisions can't be compared, see above"
elif [[ $code -eq 1 ]]; then
  changed=true
  echo
  echo 'Changed by this commit:'
  cat "$work/changes.txt"
  echo '::warning title=mcplint::recorded calls change their decision, see the log of this step'
fi
echo "changed=$changed" >>"$GITHUB_OUTPUT"

if [[ $INPUT_STEP_SUMMARY == true ]]; then
  {
    echo
    echo '### Recorded calls under the new policies'
    echo
    if [[ $changed == false ]]; then
      echo 'No recorded call changes its decision.'
    else
      # Indented, whatever is quoted is text.
      sed 's/^/    /' "$work/changes.txt"
    fi
  } >>"$GITHUB_STEP_SUMMARY"
fi
