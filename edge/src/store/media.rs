//! Media types of files by their names, for stores that keep none.

use edgepix_engine::SourceFormat;

/// Extensions and the types they stand for (IANA, "Media Types").
const TYPES: [(&str, &str); 19] = [
    ("avif", "image/avif"),
    ("bmp", "image/bmp"),
    ("css", "text/css; charset=utf-8"),
    ("gif", "image/gif"),
    ("heic", "image/heic"),
    ("html", "text/html; charset=utf-8"),
    ("ico", "image/vnd.microsoft.icon"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("jxl", "image/jxl"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("txt", "text/plain; charset=utf-8"),
    ("webp", "image/webp"),
];

/// The type of an image of this format.
pub(crate) fn of_format(format: SourceFormat) -> Option<&'static str> {
    of_name(&format!(".{}", format.name()))
}

/// The type of a file of this name, if its extension is known, in any case.
pub(super) fn of_name(name: &str) -> Option<&'static str> {
    let (_, extension) = name.rsplit_once('.')?;
    TYPES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(extension))
        .map(|(_, media_type)| *media_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_type_is_that_of_its_extension_in_any_case() {
        assert_eq!(of_name("a b/photo.JPG"), Some("image/jpeg"));
        assert_eq!(of_name("photo.jpg@100w.webp"), Some("image/webp"));
        assert_eq!(of_name("photo"), None);
        assert_eq!(of_format(SourceFormat::Tiff), Some("image/tiff"));
        assert_eq!(of_name("photo.unknown"), None);
    }
}
