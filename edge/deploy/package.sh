#!/usr/bin/env bash
# Builds edgepix for Lambda and packs it: dist/edgepix-edge.zip for Lambda@Edge and
# dist/edgepix-lambda-x86_64.zip for a Region. What is given here goes to `edgepix package`:
#
#   edge/deploy/package.sh --config edgepix.toml --launcher node
#
# --launcher only concerns the edge. Needs Linux on x86_64, Rust, and GCC 11 or Clang 12.
set -euo pipefail
cd "$(dirname "$0")/../.."

both=() edge=()
while [ $# -gt 0 ]; do
    case $1 in
    --config) both+=("$1" "$(cd "$OLDPWD" && realpath "${2:?--config needs a file}")") && shift 2 ;;
    --launcher) edge+=("$1" "${2:?--launcher needs python or node}") && shift 2 ;;
    *) echo "package.sh: $1 is not understood; see edge/deploy/package.sh" >&2 && exit 2 ;;
    esac
done

bash .ci/install
# x86-64-v2, SSE4.2, is what every host of Lambda has; what is newer is found at run time.
# rustc's flag does not reach the C codecs: cc and cmake are told by CFLAGS.
target=x86_64-unknown-linux-gnu
# What of them is not called is left out, and so are tables to unwind through what never
# unwinds: a panic cannot pass through C.
flags="-march=x86-64-v2 -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables"
export CFLAGS_x86_64_unknown_linux_gnu=$flags
export CXXFLAGS_x86_64_unknown_linux_gnu=$flags
# Static, so that no runtime's C library is too old.
# Optimised as one: slower to build, and smaller to fetch.
CARGO_PROFILE_RELEASE_LTO=fat RUSTFLAGS="-C target-feature=+crt-static -C target-cpu=x86-64-v2" \
    cargo build --release --locked --target "$target" -p edgepix

binary=${CARGO_TARGET_DIR:-target}/$target/release/edgepix
"$binary" package --target edge -o dist "${both[@]}" "${edge[@]}"
"$binary" package --target lambda-x86_64 -o dist "${both[@]}"

# A package is fetched and unpacked at every cold start.
for zip in dist/edgepix-edge.zip dist/edgepix-lambda-x86_64.zip; do
    if [ "$(stat -c %s "$zip")" -gt $((8 << 20)) ]; then
        echo "package.sh: $zip has more than 8 MB" >&2
        exit 1
    fi
done
