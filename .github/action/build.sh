#!/usr/bin/env bash
# Finds the mcplint to run, or builds the one that this action came with, and tells the other steps
# where it is.
#
# Reads INPUT_BINARY, GITHUB_ACTION_PATH, RUNNER_TEMP; writes `binary` to GITHUB_OUTPUT.
set -euo pipefail

if [[ -n ${INPUT_BINARY:-} ]]; then
  if ! binary=$(command -v -- "$INPUT_BINARY"); then
    echo "::error title=mcplint::the input \`binary\` names no program that can be run"
    exit 2
  fi
  # Later steps may run it from elsewhere.
  if [[ $binary != /* ]]; then
    binary=$PWD/$binary
  fi
else
  if ! command -v cargo >/dev/null; then
    echo "::error title=mcplint::cargo is not installed, and no \`binary\` was given"
    exit 2
  fi
  root=$RUNNER_TEMP/mcplint
  cargo install --quiet --locked --path "$GITHUB_ACTION_PATH" --root "$root"
  binary=$root/bin/mcplint
fi

"$binary" --version
echo "binary=$binary" >>"$GITHUB_OUTPUT"
