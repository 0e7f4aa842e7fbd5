//! The ICC profile out of a file's metadata, put together but not read. How long
//! it is, it says itself; what is larger or cut is kept as the reason for that.

use std::{io::Read, ops::Range, sync::Arc};

use flate2::read::ZlibDecoder;

use crate::colour;

/// The largest profile that is looked at, **strict**. Profiles of displays are
/// below 4 KB, of printers around 1 MB.
const MOST_BYTES: usize = 4 << 20;

/// The header and the number of tags (ICC.1:2022, 7.2 and 7.3.1).
const LEAST_BYTES: usize = 132;

const TOO_LARGE: &str = "the colour profile is larger than 4 MiB: it is ignored";
const INCOMPLETE: &str = "the colour profile is not complete: it is ignored";

/// The colour profile that came with a file. Clones share its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Icc(Result<Arc<Vec<u8>>, &'static str>);

impl Icc {
    /// The bytes, or why there are none.
    pub(crate) fn bytes(&self) -> Result<&[u8], &'static str> {
        self.0.as_ref().map(|bytes| &bytes[..]).map_err(|why| *why)
    }

    /// The name that the profile gives itself, on one line of at most 80
    /// characters.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        colour::name(self.bytes().ok()?)
    }

    /// Bytes held in memory.
    pub(crate) fn held_bytes(&self) -> u64 {
        self.bytes().map_or(0, |bytes| bytes.len() as u64)
    }

    fn new(bytes: Result<Vec<u8>, &'static str>) -> Self {
        Self(bytes.map(Arc::new))
    }

    /// Takes a profile that is stored in one piece.
    pub(super) fn whole(bytes: &[u8]) -> Self {
        Self::new(joined([bytes].into_iter()))
    }

    /// Takes the profile out of the body of a PNG's iCCP chunk: a name, the
    /// compression method, and a zlib stream (PNG, third edition, 11.3.2.3).
    pub(super) fn of_png(body: &[u8]) -> Self {
        let stream = body
            .iter()
            .take(80)
            .position(|&byte| byte == 0)
            .and_then(|end| body.get(end + 2..));
        Self::new(stream.ok_or(INCOMPLETE).and_then(inflated))
    }

    /// Takes the profile that is the body of a WebP's ICCP chunk (RFC 9649, 2.7.1.4).
    pub(super) fn of_webp(body: &[u8]) -> Self {
        Self::new(joined([body].into_iter()))
    }
}

/// Inflates as much as the profile says it has.
fn inflated(stream: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut inflate = ZlibDecoder::new(stream);
    let mut head = [0; LEAST_BYTES];
    inflate.read_exact(&mut head).map_err(|_| INCOMPLETE)?;
    let (mut bytes, size) = room(&head)?;
    let rest = (size - head.len()) as u64;
    bytes.extend(head);
    match inflate.take(rest).read_to_end(&mut bytes) {
        Ok(read) if read as u64 == rest => Ok(bytes),
        _ => Err(INCOMPLETE),
    }
}

/// Room for as many bytes as the profile that begins with `head` has, and how
/// many those are: room may be larger.
fn room(head: &[u8]) -> Result<(Vec<u8>, usize), &'static str> {
    let size = head.first_chunk().ok_or(INCOMPLETE)?;
    let size = usize::try_from(u32::from_be_bytes(*size)).unwrap_or(usize::MAX);
    if size < LEAST_BYTES {
        return Err(INCOMPLETE);
    }
    if size > MOST_BYTES {
        return Err(TOO_LARGE);
    }
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(size).map_err(|_| TOO_LARGE)?;
    Ok((bytes, size))
}

/// Where the parts of a JPEG's profile lie (ICC.1:2022, B.4).
#[derive(Default)]
pub(super) struct Parts {
    /// Each part's number and bytes, in the file's order.
    found: Vec<(u8, Range<usize>)>,
}

impl Parts {
    /// Notes a segment if it is a part; its body begins at `start` of the file.
    pub(super) fn note(&mut self, start: usize, marker: u8, body: &[u8]) {
        const NUMBERED: usize = 14;
        // There are 255 numbers; some more are let pass for repetitions.
        if marker == 0xe2
            && let Some([number, _, part @ ..]) = body.strip_prefix(b"ICC_PROFILE\0")
            && self.found.len() < 512
        {
            let start = start + NUMBERED;
            self.found.push((*number, start..start + part.len()));
        }
    }

    /// Joins the parts in the order of their numbers; `file` reaches past the last.
    ///
    /// Writers count from 0, call every part the first, or get the count wrong.
    /// None of that matters: parts of one number stay in the file's order, one
    /// that is repeated counts once, and the profile's own length says whether
    /// this is all of it.
    pub(super) fn join(mut self, file: &[u8]) -> Option<Icc> {
        if self.found.is_empty() {
            return None;
        }
        self.found.sort_by_key(|(number, _)| *number);
        let part = |range: &Range<usize>| file.get(range.clone()).unwrap_or(&[]);
        self.found
            .dedup_by(|(a, one), (b, other)| a == b && part(one) == part(other));
        Some(Icc::new(joined(
            self.found.iter().map(|(_, range)| part(range)),
        )))
    }
}

fn joined<'a>(mut parts: impl Iterator<Item = &'a [u8]>) -> Result<Vec<u8>, &'static str> {
    let first = parts.find(|part| !part.is_empty()).unwrap_or(&[]);
    let (mut bytes, size) = room(first)?;
    for part in [first].into_iter().chain(parts) {
        bytes.extend(&part[..part.len().min(size - bytes.len())]);
    }
    if bytes.len() < size {
        return Err(INCOMPLETE);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A profile of `size` bytes, no two parts of it alike.
    fn profile(size: u32) -> Vec<u8> {
        let mut bytes = size.to_be_bytes().to_vec();
        bytes.extend((4..size).map(|i| (i / 50).to_le_bytes()[0]));
        bytes
    }

    /// Joins parts of a file, each with its number and count.
    fn join(parts: &[(u8, u8, &[u8])]) -> Result<Vec<u8>, &'static str> {
        let mut file = Vec::new();
        let mut found = Parts::default();
        for (number, count, part) in parts {
            let body = [b"ICC_PROFILE\0", &[*number, *count][..], part].concat();
            found.note(file.len(), 0xe2, &body);
            file.extend(body);
        }
        let icc = found.join(&file).expect("parts");
        icc.bytes().map(<[u8]>::to_vec)
    }

    #[test]
    fn parts_are_joined_by_their_numbers() {
        let whole = profile(300);
        let (a, b, c) = (&whole[..100], &whole[100..200], &whole[200..]);
        for parts in [
            [(1, 3, a), (2, 3, b), (3, 3, c)],
            [(3, 3, c), (1, 3, a), (2, 3, b)],
        ] {
            assert_eq!(join(&parts).as_deref(), Ok(&whole[..]));
        }
    }

    #[test]
    fn odd_numbers_do_not_matter_while_the_length_is_right() {
        let whole = profile(300);
        let (a, b, c) = (&whole[..100], &whole[100..200], &whole[200..]);
        for parts in [
            // From 0; all the first of one; counts that disagree; repeated parts.
            &[(0, 3, a), (1, 3, b), (2, 3, c)][..],
            &[(1, 1, a), (1, 1, b), (1, 1, c)],
            &[(1, 9, a), (2, 0, b), (3, 2, c)],
            &[(1, 3, a), (2, 3, b), (1, 3, a), (3, 3, c), (3, 3, c)],
            &[(1, 3, a), (1, 3, a), (2, 3, b), (3, 3, c)],
            &[(1, 4, a), (2, 4, b), (3, 4, c), (4, 4, b"padding")],
        ] {
            assert_eq!(join(parts).as_deref(), Ok(&whole[..]));
        }
    }

    #[test]
    fn a_profile_that_is_cut_or_lies_about_its_length_is_known_as_such() {
        let whole = profile(300);
        assert_eq!(join(&[(1, 2, &whole[..200])]), Err(INCOMPLETE));
        assert_eq!(join(&[(1, 1, &[])]), Err(INCOMPLETE));
        assert_eq!(join(&[(1, 1, &[0, 0, 0])]), Err(INCOMPLETE));
        assert_eq!(join(&[(1, 1, &[0, 0, 0, 9])]), Err(INCOMPLETE));
        assert_eq!(join(&[(1, 1, &[0xff; 200])]), Err(TOO_LARGE));
        assert!(Parts::default().join(&[]).is_none());
    }
}
