//! The items of a `meta` box (ISO/IEC 14496-12, 8.11, and 23008-12): which there
//! are, where their bytes lie, how they refer to one another, and their properties.

use std::ops::Range;

use super::super::isobmff::{Fields, Kind};
use crate::error::{Error, Result};

/// The most items, extents, properties and references that are looked at,
/// **strict**. Grids of phones have some 50 tiles.
pub(super) const MOST: usize = 4096;

pub(super) const TOO_MANY: Error = Error::Unsupported("it has more than 4096 items");

/// The tables of a `meta` box.
#[derive(Default)]
pub(super) struct Items<'a> {
    /// What handles the items.
    pub(super) handler: Option<Kind>,
    /// The item that is the image.
    pub(super) primary: Option<u32>,
    kinds: Vec<(u32, Item)>,
    places: Vec<(u32, Place)>,
    extents: Vec<Extent>,
    references: Vec<Reference>,
    properties: Vec<(Kind, Fields<'a>)>,
    /// Item, number of the property from 1, and whether it is essential.
    associations: Vec<(u32, usize, bool)>,
    /// Where in the file the bytes within the `meta` box lie.
    inner: Option<Range<u64>>,
}

#[derive(Clone, Copy)]
struct Item {
    kind: Kind,
    is_protected: bool,
}

/// Where an item's bytes are.
struct Place {
    method: Method,
    extents: Range<usize>,
}

/// What an item's offsets count from (14496-12, 8.11.3).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    File,
    /// The `idat` box.
    Inner,
    Other,
}

/// Some bytes of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) offset: u64,
    pub(crate) length: u64,
}

struct Reference {
    kind: Kind,
    from: u32,
    to: u32,
}

impl<'a> Items<'a> {
    /// Reads the fields of a `meta` box.
    pub(super) fn read(mut meta: Fields<'a>) -> Result<Self> {
        let mut items = Self::default();
        meta.version()?;
        while let Some((kind, mut fields)) = meta.next_box()? {
            match &kind {
                b"hdlr" => {
                    fields.take(8)?;
                    items.handler = Some(fields.kind()?);
                }
                b"pitm" => {
                    let (version, _) = fields.version()?;
                    items.primary = Some(fields.count(version > 0)?);
                }
                b"iinf" => items.read_kinds(fields)?,
                b"iloc" => items.read_places(fields)?,
                b"iref" => items.read_references(fields)?,
                b"iprp" => items.read_properties(fields)?,
                b"idat" => {
                    let start = fields.offset();
                    items.inner = Some(start..start + fields.rest().len() as u64);
                }
                _ => {}
            }
        }
        items.kinds.sort_by_key(|(id, _)| *id);
        items.places.sort_by_key(|(id, _)| *id);
        Ok(items)
    }

    fn read_kinds(&mut self, mut fields: Fields<'a>) -> Result<()> {
        let (version, _) = fields.version()?;
        fields.count(version > 0)?;
        while let Some((kind, mut entry)) = fields.next_box()? {
            let (version, _) = entry.version()?;
            // Older versions have no kinds.
            if &kind != b"infe" || version < 2 {
                continue;
            }
            let id = entry.count(version > 2)?;
            let is_protected = entry.short()? != 0;
            let kind = entry.kind()?;
            push(&mut self.kinds, (id, Item { kind, is_protected }))?;
        }
        Ok(())
    }

    fn read_places(&mut self, mut fields: Fields<'a>) -> Result<()> {
        const RULE: &str = "offsets and lengths of items have 0, 4 or 8 bytes";
        let (version, _) = fields.version()?;
        let sizes = fields.short()?.to_be_bytes();
        let [offset_bytes, length_bytes] = [sizes[0] >> 4, sizes[0] & 15].map(usize::from);
        let [base_bytes, index_bytes] = [sizes[1] >> 4, sizes[1] & 15].map(usize::from);
        let index_bytes = if version == 0 { 0 } else { index_bytes };
        if [offset_bytes, length_bytes, base_bytes, index_bytes]
            .iter()
            .any(|bytes| ![0, 4, 8].contains(bytes))
        {
            return Err(fields.malformed(RULE));
        }
        for _ in 0..fields.count(version > 1)? {
            let id = fields.count(version > 1)?;
            let method = match version {
                0 => 0,
                _ => fields.short()? & 15,
            };
            let elsewhere = fields.short()? != 0;
            let method = match method {
                _ if elsewhere => Method::Other,
                0 => Method::File,
                1 => Method::Inner,
                _ => Method::Other,
            };
            let base = fields.number(base_bytes)?;
            let first = self.extents.len();
            for _ in 0..fields.short()? {
                fields.number(index_bytes)?;
                let offset = base.checked_add(fields.number(offset_bytes)?);
                let offset =
                    offset.ok_or_else(|| fields.malformed("an item lies within the file"))?;
                let length = fields.number(length_bytes)?;
                push(&mut self.extents, Extent { offset, length })?;
            }
            let extents = first..self.extents.len();
            push(&mut self.places, (id, Place { method, extents }))?;
        }
        Ok(())
    }

    fn read_references(&mut self, mut fields: Fields<'a>) -> Result<()> {
        let (version, _) = fields.version()?;
        while let Some((kind, mut entry)) = fields.next_box()? {
            let from = entry.count(version > 0)?;
            for _ in 0..entry.short()? {
                let to = entry.count(version > 0)?;
                push(&mut self.references, Reference { kind, from, to })?;
            }
        }
        Ok(())
    }

    fn read_properties(&mut self, mut fields: Fields<'a>) -> Result<()> {
        while let Some((kind, mut entry)) = fields.next_box()? {
            match &kind {
                b"ipco" => {
                    while let Some(property) = entry.next_box()? {
                        push(&mut self.properties, property)?;
                    }
                }
                b"ipma" => self.read_associations(entry)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn read_associations(&mut self, mut fields: Fields<'a>) -> Result<()> {
        let (version, flags) = fields.version()?;
        let is_long = flags & 1 != 0;
        for _ in 0..fields.long()? {
            let id = fields.count(version > 0)?;
            for _ in 0..fields.byte()? {
                let (index, is_essential) = if is_long {
                    let both = fields.short()?;
                    (both & 0x7fff, both >> 15 == 1)
                } else {
                    let both = fields.byte()?;
                    (u16::from(both & 0x7f), both >> 7 == 1)
                };
                // 0 stands for none.
                if index > 0 {
                    // Grids name some five for each tile.
                    if self.associations.len() >= 8 * MOST {
                        return Err(TOO_MANY);
                    }
                    let association = (id, usize::from(index), is_essential);
                    self.associations.push(association);
                }
            }
        }
        Ok(())
    }

    /// The kind of an item.
    pub(super) fn kind(&self, id: u32) -> Result<Kind> {
        let item = find(&self.kinds, id).ok_or(missing("an item that is named is there"))?;
        if item.is_protected {
            return Err(Error::Unsupported("it is encrypted"));
        }
        Ok(item.kind)
    }

    /// Where in the file an item's bytes are.
    pub(super) fn extents(&self, id: u32) -> Result<Vec<Extent>> {
        let place = find(&self.places, id).ok_or(missing("an item has a place in the file"))?;
        let inner = match place.method {
            Method::File => None,
            Method::Inner => Some(
                self.inner
                    .clone()
                    .ok_or(missing("there is an idat box, if items lie in it"))?,
            ),
            Method::Other => {
                return Err(Error::Unsupported(
                    "its data lies in another file or is made of other items",
                ));
            }
        };
        let extents = self.extents[place.extents.clone()].iter();
        let placed = extents.map(|&Extent { offset, length }| {
            let start = inner.as_ref().map_or(0, |inner| inner.start);
            let offset = offset.checked_add(start);
            let end = offset.and_then(|offset| offset.checked_add(length));
            let limit = inner.as_ref().map_or(u64::MAX, |inner| inner.end);
            match (offset, end) {
                // No length means all there is, which nobody writes.
                (Some(offset), Some(end)) if length > 0 && end <= limit => {
                    Ok(Extent { offset, length })
                }
                _ => Err(missing("an item lies within the file")),
            }
        });
        let placed = placed.collect::<Result<Vec<_>>>()?;
        if placed.is_empty() {
            return Err(missing("an item has bytes"));
        }
        Ok(placed)
    }

    /// The items that `id` refers to, in their order.
    pub(super) fn referred(&self, kind: Kind, id: u32) -> impl Iterator<Item = u32> {
        let references = self.references.iter();
        references
            .filter(move |reference| reference.kind == kind && reference.from == id)
            .map(|reference| reference.to)
    }

    /// The items that refer to `id`.
    pub(super) fn referring(&self, kind: Kind, id: u32) -> impl Iterator<Item = u32> {
        let references = self.references.iter();
        references
            .filter(move |reference| reference.kind == kind && reference.to == id)
            .map(|reference| reference.from)
    }

    /// The properties of an item in the order of their association, each with
    /// whether it is essential.
    pub(super) fn properties(
        &self,
        id: u32,
    ) -> impl Iterator<Item = Result<(Kind, Fields<'a>, bool)>> {
        self.associations
            .iter()
            .filter(move |(item, ..)| *item == id)
            .map(|&(_, index, is_essential)| {
                let (kind, fields) = self
                    .properties
                    .get(index - 1)
                    .ok_or(missing("a property that is named is there"))?;
                Ok((*kind, *fields, is_essential))
            })
    }
}

/// What is missing from the tables has no place in the file.
fn missing(rule: &'static str) -> Error {
    Error::Malformed { offset: 0, rule }
}

fn push<T>(list: &mut Vec<T>, entry: T) -> Result<()> {
    if list.len() >= MOST {
        return Err(TOO_MANY);
    }
    list.push(entry);
    Ok(())
}

fn find<T>(list: &[(u32, T)], id: u32) -> Option<&T> {
    let place = list.binary_search_by_key(&id, |(id, _)| *id).ok()?;
    Some(&list[place].1)
}
