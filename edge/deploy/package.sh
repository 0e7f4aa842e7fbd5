#!/usr/bin/env bash
# Builds edgepix for Lambda and packs it:
#
#   dist/edgepix-edge.zip            for Lambda@Edge
#   dist/edgepix-lambda-x86_64.zip   for a Region, on Intel and AMD
#   dist/edgepix-lambda-arm64.zip    for a Region, on Graviton
#
# On x86_64 it makes the first two, on arm64 the third, or what is named:
#
#   edge/deploy/package.sh --config edgepix.toml --launcher node
#   edge/deploy/package.sh --target lambda-arm64
#
# --config and --launcher go to `edgepix package`; a launcher only concerns the edge. Needs
# Linux, Rust, and GCC 11 or Clang 12. x86_64 can build for arm64: on Debian and Ubuntu, see
# arm64.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."

all=() edge=() targets=()
while [ $# -gt 0 ]; do
    case $1 in
    --config)
        # On a line of its own: that it fails is not seen where more follows.
        config=$(cd "$OLDPWD" && realpath -e "${2:?--config needs a file}")
        all+=("$1" "$config")
        shift 2
        ;;
    --launcher)
        edge+=("$1" "${2:?--launcher needs python or node}")
        shift 2
        ;;
    --target)
        case ${2:?--target needs edge, lambda-x86_64 or lambda-arm64} in
        edge | lambda-x86_64 | lambda-arm64)
            targets+=("$2")
            shift 2
            ;;
        *) echo "package.sh: --target $2: it should be edge, lambda-x86_64 or lambda-arm64" >&2 && exit 2 ;;
        esac
        ;;
    *) echo "package.sh: $1 is not understood; see edge/deploy/package.sh" >&2 && exit 2 ;;
    esac
done
if [ "${#targets[@]}" -eq 0 ]; then
    case $(uname -m) in
    aarch64) targets=(lambda-arm64) ;;
    *) targets=(edge lambda-x86_64) ;;
    esac
fi

# What of the C codecs is not called is left out, and so are tables to unwind through what
# never unwinds: a panic cannot pass through C.
small="-ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables"
# Optimised as one: slower to build, and smaller to fetch.
export CARGO_PROFILE_RELEASE_LTO=fat

# Both are static, so that no runtime's C library is too old. They leave the binary's path in
# $binary, and how it is run here in $run.
build_x86_64() {
    if [ "$(uname -m)" != x86_64 ]; then
        echo "package.sh: only x86_64 builds for x86_64" >&2
        exit 1
    fi
    # x86-64-v2, SSE4.2, is what every host of Lambda has; what is newer is found at run time.
    # rustc's flag does not reach the C codecs: cc and cmake are told by CFLAGS.
    local target=x86_64-unknown-linux-gnu
    export CFLAGS_x86_64_unknown_linux_gnu="-march=x86-64-v2 $small"
    export CXXFLAGS_x86_64_unknown_linux_gnu="-march=x86-64-v2 $small"
    RUSTFLAGS="-C target-feature=+crt-static -C target-cpu=x86-64-v2" \
        cargo build --release --locked --target "$target" -p edgepix
    binary=${CARGO_TARGET_DIR:-target}/$target/release/edgepix
    run=("$binary")
}

build_arm64() {
    . edge/deploy/arm64.sh
    local folder=${CARGO_TARGET_DIR:-target}/arm64
    # Its symbols are looked at before they go.
    RUSTFLAGS=$arm64_rustflags CARGO_PROFILE_RELEASE_STRIP=none "${arm64_cargo[@]}" build \
        --release --locked --target "$arm64_target" --target-dir "$folder" -p edgepix
    local built=$folder/$arm64_target/release/edgepix
    arm64_check "$built"
    binary=$folder/edgepix
    arm64_strip "$built" "$binary"
    run=("${arm64_run[@]}" "$binary")
}

bash .ci/install
bare=$(mktemp -d)
trap 'rm -rf "$bare"' EXIT
for target in "${targets[@]}"; do
    more=()
    case $target in
    edge) more=("${edge[@]}") ;;&
    edge | lambda-x86_64)
        build_x86_64
        # What is emulated would take ten times as long.
        more+=(--smallest)
        ;;
    lambda-arm64) build_arm64 ;;
    esac
    # A package is fetched and unpacked at every cold start. It is measured as it is without a
    # configuration, which is yours, and by the program itself, which shows that it starts.
    "${run[@]}" package --target "$target" --binary "$binary" -o "$bare" "${more[@]}" >/dev/null
    if [ "$(stat -c %s "$bare/edgepix-$target.zip")" -gt $((8 << 20)) ]; then
        echo "package.sh: edgepix-$target.zip has more than 8 MB" >&2
        exit 1
    fi
    "${run[@]}" package --target "$target" --binary "$binary" -o dist "${all[@]}" "${more[@]}"
done
