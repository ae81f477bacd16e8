#!/usr/bin/env bash
# Packs the binary of TARGET with its license, manual pages and shell completions into dist/.
set -euo pipefail

build=target/$TARGET/release
name=mcplint-$TARGET
binary=$build/mcplint
if [[ $TARGET == *-windows-* ]]; then
  binary+=.exe
fi

rm -rf "dist/$name"
mkdir -p "dist/$name/completions"
cp "$binary" LICENSE README.md CHANGELOG.md "dist/$name"
"$binary" man "dist/$name/man"
for shell in bash elvish fish powershell zsh; do
  "$binary" completions "$shell" >"dist/$name/completions/mcplint.$shell"
done

cd dist
if [[ $TARGET == *-windows-* ]]; then
  7z a -bso0 "$name.zip" "$name"
else
  tar -czf "$name.tar.gz" "$name"
fi
rm -r "$name"
