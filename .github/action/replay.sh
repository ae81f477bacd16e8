#!/usr/bin/env bash
# Replays the repository's trace under the policies of the base commit and under those that are checked
# out, and says which recorded calls change their decision.
#
# Reads INPUT_TRACES, INPUT_POLICIES, INPUT_CONFIG, INPUT_STEP_SUMMARY, BASE, MCPLINT, RUNNER_TEMP,
# GITHUB_OUTPUT, GITHUB_STEP_SUMMARY; writes `changed` to GITHUB_OUTPUT.
set -euo pipefail
# shellcheck source=.github/action/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"

# skip WHY: there is nothing to compare, which is no failure.
skip() {
  echo "::notice title=mcplint::the trace was not replayed: $1"
  echo "changed=" >>"$GITHUB_OUTPUT"
  exit 0
}

# A push that makes a branch has a base of zeros.
if [[ ! $BASE =~ ^[0-9a-f]{40,64}$ || $BASE =~ ^0+$ ]]; then
  skip "there is no base commit to compare with"
fi
if ! git cat-file -e "$BASE^{commit}" 2>/dev/null; then
  git fetch --quiet --no-tags --depth=1 origin "$BASE" 2>/dev/null ||
    skip "the base commit is not there; let actions/checkout fetch it with \`fetch-depth: 0\`"
fi

# The traces are those that are checked out, whichever commit the policies are of.
arguments=()
while IFS= read -r trace; do
  [[ -n ${trace//[[:space:]]/} ]] || continue
  [[ -e $trace ]] || misused "there is no trace \`${trace//[^A-Za-z0-9._\/ -]/?}\`"
  case $trace in
    /*) arguments+=("$trace") ;;
    *) arguments+=("$PWD/$trace") ;;
  esac
done <<<"$INPUT_TRACES"
traces=("${arguments[@]}")

arguments=(--quiet)
add_lines "$INPUT_POLICIES" --policy
if [[ -n $INPUT_CONFIG ]]; then
  arguments+=(--config "$INPUT_CONFIG")
fi

work=$(mktemp -d "$RUNNER_TEMP/mcplint-replay.XXXXXX")
git worktree add --quiet --detach "$work/base" "$BASE"
trap 'git worktree remove --force "$work/base"; rm -rf "$work"' EXIT

# replay OPTION…: decides the traces by the policies below the working directory.
replay() {
  "$MCPLINT" simulate "${arguments[@]}" --snapshot "$work/decisions.jsonl" "$@" -- "${traces[@]}"
}

(cd "$work/base" && replay --format json >/dev/null) || skip "the policies of the base commit can't be replayed"
code=0
replay --format text >"$work/report.txt" || code=$?
cat "$work/report.txt"
case $code in
  0) changed=false ;;
  1) changed=true ;;
  *) misused "the policies can't be replayed, see above" ;;
esac
echo "changed=$changed" >>"$GITHUB_OUTPUT"

if [[ $INPUT_STEP_SUMMARY == true ]]; then
  {
    echo
    echo '### Recorded calls under the new policies'
    echo
    if [[ $changed == false ]]; then
      echo 'No recorded call changes its decision.'
    else
      # Indented, whatever the report quotes is text.
      sed 's/^/    /' "$work/report.txt"
    fi
  } >>"$GITHUB_STEP_SUMMARY"
fi
if [[ $changed == true ]]; then
  echo '::warning title=mcplint::recorded calls change their decision, see the log of this step'
fi
