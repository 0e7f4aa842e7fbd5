# To be sourced: what building for arm64 Linux takes, there or on Debian or Ubuntu elsewhere.
# It installs what is missing, sets what compilers read, and then there are
#
#   arm64_cargo      cargo, with a Rust that has arm64's standard library
#   arm64_target     what to give its --target
#   arm64_rustflags  what its RUSTFLAGS should be
#   arm64_run        what runs a program that was built so, and its arguments
#   arm64_strip      what makes of it one without symbols
#   arm64_check      fails unless the vectors of the C codecs are in it; before its symbols go

arm64_target=aarch64-unknown-linux-gnu
arm64_cargo=(cargo) arm64_run=() arm64_tool=

# Neoverse N1 is AWS's Graviton2, the oldest that Lambda has; what is newer is found at run
# time. -mcpu would say the same to C, but libaom compiles some files for later ones by
# -march, and GCC warns of both.
arm64_rustflags="-C target-feature=+crt-static -C target-cpu=neoverse-n1"
arm64_cflags="-march=armv8.2-a+crypto+fp16+rcpc+dotprod -mtune=neoverse-n1"
# GCC would join a multiplication and an addition, which rounds once and not twice; without
# that, sums are those of x86_64, and so are the bytes of results.
arm64_cflags+=" -ffp-contract=off"
# See package.sh.
arm64_cflags+=" -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables"
export CFLAGS_aarch64_unknown_linux_gnu=$arm64_cflags
export CXXFLAGS_aarch64_unknown_linux_gnu=$arm64_cflags
# Lambda's pages have 4 KB. jemalloc would be built for those of 64 KB that some arm64
# systems have, and would give back memory in pieces of no less.
export AARCH64_UNKNOWN_LINUX_GNU_JEMALLOC_SYS_WITH_LG_PAGE=12

arm64_fail() {
    echo "arm64: $1" >&2
    exit 1
}

arm64_install() {
    ! dpkg -s "$@" >/dev/null 2>&1 || return 0
    command -v apt-get >/dev/null || arm64_fail "no apt-get here: please install $* yourself"
    local root=()
    [ "$(id -u)" -eq 0 ] || root=(sudo)
    echo "installing: $*" >&2
    case $* in
    *:arm64*) "${root[@]}" dpkg --add-architecture arm64 ;;
    esac
    "${root[@]}" apt-get update -qq
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
        arm64_fail "this system does not package all of $*"
}

arm64_has_std() {
    local folder
    folder=$("$1" --print target-libdir --target "$arm64_target" 2>/dev/null) || return 1
    compgen -G "$folder/libstd-*.rlib" >/dev/null
}

arm64_strip() { "${arm64_tool}strip" -o "$2" "$1"; }

arm64_check() {
    local names want codec least found
    names=$("${arm64_tool}nm" "$1") || return 1
    # Both codecs build without them too, slower by several times and without a word. That a
    # few are there says little: some files are built with NEON whatever the rest is.
    for want in "libaom 1000 [tT] a(v1|om)_.*_neon$" "libaom 1 [tT] a(v1|om)_.*_neon_dotprod$" \
        "libwebp 8 [tT] (VP8|WebP).*NEON$"; do
        read -r codec least want <<<"$want"
        found=$(grep -cE " $want" <<<"$names") || true
        if [ "$found" -lt "$least" ]; then
            echo "arm64: $codec has $found of $want, and should have $least: it was built without" >&2
            return 1
        fi
    done
}

if [ "$(uname -m)" != aarch64 ]; then
    arm64_install gcc-aarch64-linux-gnu g++-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static
    # As the processor in question. No -L: it would mix two C libraries.
    arm64_run=(qemu-aarch64-static -cpu neoverse-n1)
    arm64_tool=aarch64-linux-gnu-
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER=${arm64_run[*]}
    CMAKE_TOOLCHAIN_FILE_aarch64_unknown_linux_gnu=$(realpath "${BASH_SOURCE[0]%/*}")/arm64.cmake
    export CMAKE_TOOLCHAIN_FILE_aarch64_unknown_linux_gnu
    if ! arm64_has_std rustc; then
        # Debian has its standard library as a package, for Debian's own compiler.
        command -v dpkg >/dev/null ||
            arm64_fail "Rust lacks its standard library; try: rustup target add $arm64_target"
        arm64_install rustc-web cargo-web libstd-rust-web-dev:arm64
        arm64_cargo=(env RUSTC=/usr/bin/rustc /usr/bin/cargo)
    fi
fi
