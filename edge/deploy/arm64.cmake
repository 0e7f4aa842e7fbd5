# cmake's view of building for arm64 Linux on another machine, with Debian's compilers.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_ASM_COMPILER aarch64-linux-gnu-gcc)

# The crate around libaom says aarch64, as Rust does. libaom says arm64, takes what it
# does not know for a machine without vectors, and builds without a word.
set(AOM_TARGET_CPU arm64 CACHE STRING "What libaom calls this machine" FORCE)
