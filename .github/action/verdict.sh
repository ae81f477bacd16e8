#!/usr/bin/env bash
# Lets the job fail, once everything has been written.
#
# Reads EXIT_CODE, CHANGED, INPUT_FAIL_ON_CHANGE.
set -euo pipefail
# shellcheck source=.github/action/common.sh
source "${BASH_SOURCE[0]%/*}/common.sh"

one_of fail-on-change "$INPUT_FAIL_ON_CHANGE" true false
if [[ $EXIT_CODE != 0 ]]; then
  exit "$EXIT_CODE"
fi
if [[ $CHANGED == true && $INPUT_FAIL_ON_CHANGE == true ]]; then
  exit 1
fi
