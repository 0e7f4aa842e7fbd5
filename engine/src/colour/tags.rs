//! The few tags of an ICC profile that say how colours are converted, and its
//! name (ICC.1:2022, 7.3 and 9.2).
//!
//! moxcms reads every tag it knows as often as it comes: 4 MiB of texts that all
//! lie in the same place, or of one table under many names, would keep it busy
//! for hours. It gets a profile made of what is needed, each once.

/// More tags than any real profile has; the first count.
const MOST_TAGS: usize = 256;

/// Returns the first tag of a name.
fn find<'a>(profile: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let count = number(profile, 128)?.min(MOST_TAGS);
    let entries = profile.get(132..)?.as_chunks::<12>().0;
    let entry = entries
        .iter()
        .take(count)
        .find(|entry| entry[..4] == *name)?;
    let (start, length) = (number(entry, 4)?, number(entry, 8)?);
    profile.get(start..start.checked_add(length)?)
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let number = u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?);
    usize::try_from(number).ok()
}

/// Returns a profile of what is needed. Of the tables there may be one for each
/// rendering intent: that of the intent the profile names becomes the only one,
/// or of the next that has any.
pub(super) fn essential(profile: &[u8]) -> Option<Vec<u8>> {
    const MATRIX: [&[u8; 4]; 7] = [
        b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC", b"kTRC",
    ];
    const TABLES: &[u8; 4] = b"A2B0";
    const INTENT: usize = 64;
    let tables: &[&[u8; 4]] = match number(profile, INTENT)? {
        // Absolute is relative with the white of the paper.
        1 | 3 => &[b"A2B1", b"A2B0", b"A2B2"],
        2 => &[b"A2B2", b"A2B0", b"A2B1"],
        _ => &[b"A2B0", b"A2B1", b"A2B2"],
    };
    let tables = tables.iter().find_map(|name| find(profile, *name));
    let tags: Vec<(&[u8; 4], &[u8])> = MATRIX
        .into_iter()
        .filter_map(|name| Some((name, find(profile, name)?)))
        .chain(tables.map(|tables| (TABLES, tables)))
        .collect();
    let start = 132 + 12 * tags.len();
    let size: usize = tags
        .iter()
        .map(|(_, body)| body.len().next_multiple_of(4))
        .sum();
    let mut out = Vec::new();
    out.try_reserve_exact(start + size).ok()?;
    out.extend(profile.get(..128)?);
    out[INTENT..INTENT + 4].fill(0);
    let bytes = |number: usize| u32::try_from(number).map(u32::to_be_bytes).ok();
    out.extend(bytes(tags.len())?);
    let mut place = start;
    for (name, body) in &tags {
        out.extend(*name);
        out.extend(bytes(place)?);
        out.extend(bytes(body.len())?);
        place += body.len().next_multiple_of(4);
    }
    for (_, body) in &tags {
        out.extend(*body);
        out.resize(out.len().next_multiple_of(4), 0);
    }
    out[..4].copy_from_slice(&bytes(place)?);
    Some(out)
}

/// The name that a profile gives itself, on one line of at most 80 characters.
pub(crate) fn name(profile: &[u8]) -> Option<String> {
    const MOST: usize = 80;
    let tag = find(profile, b"desc")?;
    let name: String = match tag.first_chunk()? {
        // The one language that a profile has, or the first of several.
        b"mluc" => {
            let (length, start) = (number(tag, 20)?, number(tag, 24)?);
            let text = tag.get(start..start.checked_add(length)?)?;
            let units = text
                .as_chunks()
                .0
                .iter()
                .map(|unit| u16::from_be_bytes(*unit));
            let chars = char::decode_utf16(units.take(2 * MOST)).map_while(Result::ok);
            chars.filter(|c| !c.is_control()).take(MOST).collect()
        }
        // Version 2: 7-bit ASCII.
        b"desc" => {
            let text = tag
                .get(12..)?
                .iter()
                .take(MOST)
                .map(|&byte| char::from(byte));
            text.take_while(|c| (' '..='~').contains(c)).collect()
        }
        _ => return None,
    };
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}
