#!/usr/bin/env bash
# Lints the policies: annotations to the log, SARIF to a file, a summary for the run's page. How it
# went goes into the outputs; the step succeeds all the same, so that a later one can upload the SARIF.
#
# Reads INPUT_*, MCPLINT, GITHUB_OUTPUT, GITHUB_STEP_SUMMARY.
set -euo pipefail
# shellcheck source=.github/action/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"

one_of fail-level "$INPUT_FAIL_LEVEL" '' error warning note never
one_of min-severity "$INPUT_MIN_SEVERITY" error warning note
one_of annotate "$INPUT_ANNOTATE" true false
one_of step-summary "$INPUT_STEP_SUMMARY" true false

if [[ $INPUT_SARIF_FILE != *.sarif || $INPUT_SARIF_FILE == *[[:cntrl:]]* ]]; then
  misused "the input \`sarif-file\` has to be the name of a file that ends in \`.sarif\`"
fi

arguments=(--min-severity "$INPUT_MIN_SEVERITY")
if [[ -n $INPUT_CONFIG ]]; then
  arguments+=(--config "$INPUT_CONFIG")
fi
if [[ -n $INPUT_FAIL_LEVEL ]]; then
  arguments+=(--fail-level "$INPUT_FAIL_LEVEL")
fi
add_lines "$INPUT_TOOLS" --tools
arguments+=(--)
add_lines "$INPUT_PATHS"

# lint FORMAT OPTION…: one report. Formats differ in what they show, never in the exit code.
lint() {
  local format=$1
  shift
  "$MCPLINT" lint --format "$format" "$@" "${arguments[@]}"
}

# What an earlier run left must not be taken for the result of this one.
rm -f -- "$INPUT_SARIF_FILE"
code=0
lint sarif --output="$INPUT_SARIF_FILE" || code=$?
if [[ $code -gt 2 ]]; then
  misused "mcplint could not be run"
fi

annotations=text
if [[ $INPUT_ANNOTATE == true ]]; then
  annotations=github
fi
# What is wrong with the call has been said.
lint "$annotations" --quiet 2>/dev/null || true
if [[ $INPUT_STEP_SUMMARY == true ]]; then
  lint markdown --quiet 2>/dev/null >>"$GITHUB_STEP_SUMMARY" || true
fi

# The summary is the last line of the document.
counts=$(lint json --quiet 2>/dev/null | sed -nE \
  's/^ "summary":\{.*"errors":([0-9]+),"warnings":([0-9]+),"notes":([0-9]+).*/\1+\2+\3/p') || true

{
  echo "exit-code=$code"
  echo "findings=$((${counts:-0}))"
  if [[ -s $INPUT_SARIF_FILE ]]; then
    echo "sarif-file=$INPUT_SARIF_FILE"
  fi
} >>"$GITHUB_OUTPUT"
