//! The compressed items of an AVIF, picked up as the file streams past.

use std::{
    borrow::Cow,
    io::{self, Read},
};

use crate::{
    budget::zeroed,
    error::{Error, Result},
    header::avif::{AvifCoding, Extent},
    input::Input,
};

/// The bytes of the file that items lie in.
pub(super) struct Gathered {
    /// In the file's order, apart from one another.
    spans: Vec<(u64, Vec<u8>)>,
}

impl Gathered {
    /// Reads the file up to the last byte that is needed.
    pub(super) fn read(mut input: Input<'_>, coding: &AvifCoding) -> Result<Self> {
        let mut gathered = Vec::new();
        let mut position = 0;
        for Extent { offset, length } in spans(coding) {
            skip(&mut input, offset - position)?;
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let mut bytes = zeroed(length)?;
            input.read_exact(&mut bytes).map_err(cut(offset))?;
            position = offset + length as u64;
            gathered.push((offset, bytes));
        }
        Ok(Self { spans: gathered })
    }

    /// The bytes of one item, joined if they lie in several places.
    pub(super) fn item(&self, extents: &[Extent]) -> Result<Cow<'_, [u8]>> {
        if let [extent] = extents {
            return Ok(Cow::Borrowed(self.extent(extent)));
        }
        let mut joined = Vec::new();
        let length = usize::try_from(total(extents)).unwrap_or(usize::MAX);
        joined
            .try_reserve_exact(length)
            .map_err(|_| crate::budget::out_of_memory(length))?;
        for extent in extents {
            joined.extend_from_slice(self.extent(extent));
        }
        Ok(Cow::Owned(joined))
    }

    fn extent(&self, extent: &Extent) -> &[u8] {
        let after = self
            .spans
            .partition_point(|(start, _)| *start <= extent.offset);
        let (start, bytes) = &self.spans[after - 1];
        // It was read because of this extent, so it is no longer than memory.
        let from = usize::try_from(extent.offset - start).expect("within a span");
        let length = usize::try_from(extent.length).expect("within a span");
        &bytes[from..][..length]
    }

    /// Lets go of everything.
    pub(super) fn clear(&mut self) {
        self.spans = Vec::new();
    }
}

fn total(extents: &[Extent]) -> u64 {
    extents
        .iter()
        .fold(0, |sum: u64, extent| sum.saturating_add(extent.length))
}

fn items(coding: &AvifCoding) -> impl Iterator<Item = &Vec<Extent>> {
    let pictures = [Some(&coding.colour), coding.alpha.as_ref()];
    pictures
        .into_iter()
        .flatten()
        .flat_map(|picture| &picture.tiles)
}

/// What to read: items may share bytes, and lie in any order.
fn spans(coding: &AvifCoding) -> Vec<Extent> {
    let mut extents: Vec<Extent> = items(coding).flatten().copied().collect();
    extents.sort_by_key(|extent| extent.offset);
    extents.dedup_by(|next, last| {
        let end = last.offset + last.length;
        let overlaps = next.offset < end;
        if overlaps {
            last.length = end.max(next.offset + next.length) - last.offset;
        }
        overlaps
    });
    extents
}

/// The memory of [`Gathered`], and of the longest item that must be joined.
pub(super) fn bytes(coding: &AvifCoding) -> u64 {
    let joined = items(coding)
        .filter(|extents| extents.len() > 1)
        .map(|extents| total(extents))
        .fold(0, u64::max);
    total(&spans(coding)).saturating_add(joined)
}

/// The memory of what the header says of where items are, if they are many, and of
/// the list of what to read.
pub(super) fn list_bytes(coding: &AvifCoding) -> u64 {
    let (mut count, mut extents) = (0, 0);
    for item in items(coding) {
        (count, extents) = (count + 1, extents + item.len());
    }
    if count < 8 {
        return 0;
    }
    let each = size_of::<Vec<Extent>>();
    (count * each + extents * (2 * size_of::<Extent>() + each)) as u64
}

fn skip(input: &mut Input<'_>, bytes: u64) -> Result<()> {
    let skipped =
        io::copy(&mut input.by_ref().take(bytes), &mut io::sink()).map_err(Error::Read)?;
    if skipped < bytes {
        return Err(cut(skipped)(io::ErrorKind::UnexpectedEof.into()));
    }
    Ok(())
}

/// The error of a file that ends too early, or cannot be read.
fn cut(offset: u64) -> impl Fn(io::Error) -> Error {
    move |error| match error.kind() {
        io::ErrorKind::UnexpectedEof => Error::Malformed {
            offset,
            rule: "the file holds all bytes of its items",
        },
        _ => Error::Read(error),
    }
}
