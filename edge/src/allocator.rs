//! jemalloc, set up for a small machine that makes one image at a time. It is
//! the C codecs' allocator too: their memory counts and goes back like ours.

use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// What jemalloc reads before its first allocation.
///
/// One arena, because one image is made at a time; pages go back to the system
/// as soon as they are free, because the next image's peak is measured and paid
/// for over what this one left behind; no large cache in each thread; no helper
/// thread; no huge pages, which round every buffer up to 2 MiB.
#[expect(
    unsafe_code,
    reason = "jemalloc finds its settings by this symbol, a `const char *` to a C string"
)]
#[unsafe(export_name = "malloc_conf")]
static SETTINGS: Option<&'static u8> = Some(
    &b"narenas:1,dirty_decay_ms:0,muzzy_decay_ms:0,tcache_max:4096,background_thread:false,thp:never\0"
        [0],
);
