//! The parts of an object's name: folder, stem and extension.

/// A name in its parts, which are it again if they are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name<'a> {
    /// All up to the last slash, and that; empty without one.
    pub(crate) folder: &'a str,
    /// What follows, up to the extension's dot. A dot at its very start is its own.
    pub(crate) stem: &'a str,
    /// The extension with its dot, or nothing.
    pub(crate) end: &'a str,
}

impl<'a> Name<'a> {
    /// The parts of `name`.
    pub(crate) fn of(name: &'a str) -> Self {
        let (folder, file) = name.split_at(name.rfind('/').map_or(0, |slash| slash + 1));
        let dot = file.rfind('.').filter(|&dot| dot > 0);
        let (stem, end) = file.split_at(dot.unwrap_or(file.len()));
        Self { folder, stem, end }
    }

    /// The extension without its dot and in lower case; empty if there is none.
    pub(super) fn extension(&self) -> String {
        self.end
            .strip_prefix('.')
            .unwrap_or_default()
            .to_ascii_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cut_at_its_last_slash_and_the_last_dot_after_it() {
        for (name, folder, stem, end) in [
            ("a/b.c/photo.v2.JPG", "a/b.c/", "photo.v2", ".JPG"),
            ("a.b/photo", "a.b/", "photo", ""),
            (".png", "", ".png", ""),
            ("photo.", "", "photo", "."),
            ("", "", "", ""),
        ] {
            assert_eq!(Name::of(name), Name { folder, stem, end }, "{name}");
        }
        assert_eq!(Name::of("a.JPG").extension(), "jpg");
        assert_eq!(Name::of("photo.").extension(), "");
    }
}
