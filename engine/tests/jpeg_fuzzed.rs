//! JPEG files that fuzzing found to be read wrongly.

mod support;

use edgepix_corpus::{
    synth,
    write::{self, JpegOptions},
};
use edgepix_engine::{Error, jpeg::Scale};
use support::planes::planes;

#[test]
fn a_refining_scan_brings_one_bit_of_a_new_coefficient() {
    let options = JpegOptions {
        progressive: true,
        ..JpegOptions::default()
    };
    let mut file = write::jpeg(&synth::photo(64, 48, 1).grey(), &options);
    // The last table is of the scan that brings the last bit: each symbol of size 1
    // becomes one of size 2.
    let table = file
        .windows(2)
        .rposition(|pair| pair == [0xff, 0xc4])
        .expect("a Huffman table");
    let length = u16::from_be_bytes([file[table + 2], file[table + 3]]);
    let symbols = &mut file[table + 4 + 17..][..usize::from(length) - 2 - 17];
    assert!(symbols.iter().any(|symbol| symbol & 15 == 1));
    for symbol in symbols {
        *symbol = (*symbol & 0xf0) | (*symbol & 15) << 1;
    }
    for scale in [Scale::Quarter, Scale::Half, Scale::Full] {
        match planes(&file, scale) {
            Err(Error::Malformed { rule, .. }) => assert!(rule.contains("codes"), "{rule}"),
            other => panic!("{scale:?}: {:?}", other.err()),
        }
    }
}
