//! What `edgepix info` and `edgepix plan` print for people: one fact a line,
//! indented below the image's name.

use std::fmt;

use edgepix_engine::{Coding, Header, Icc, Plan, Profile, jpeg::Scale};

use super::{
    bytes::rounded,
    header::{colour_name, sampling, upright},
    value,
};

/// A header as people read it.
pub(super) struct HeaderText<'a>(pub(super) &'a Header);

impl fmt::Display for HeaderText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = self.0;
        write!(f, "  format       {}", header.format.name())?;
        match &header.coding {
            Coding::Jpeg(coding) => {
                let progressive = if coding.progressive {
                    "progressive"
                } else {
                    "baseline"
                };
                let arithmetic = if coding.arithmetic {
                    ", arithmetic"
                } else {
                    ""
                };
                write!(f, ", {progressive}{arithmetic}")?;
                if let Some(sampling) = sampling(coding) {
                    write!(f, ", {sampling}")?;
                }
            }
            &Coding::Png {
                interlaced,
                palette,
            } => {
                let palette = if palette { ", palette" } else { "" };
                let interlaced = if interlaced { ", interlaced" } else { "" };
                write!(f, "{palette}{interlaced}")?;
            }
            _ => {}
        }
        write!(f, "\n  size         {}", header.dimensions)?;
        match header.orientation.exif() {
            1 => writeln!(f)?,
            turned => {
                let upright = upright(header);
                writeln!(f, " stored, {upright} upright (EXIF orientation {turned})")?;
            }
        }
        let alpha = if header.alpha { ", alpha" } else { "" };
        let (colour, depth) = (colour_name(header.colour), header.bit_depth);
        writeln!(f, "  colour       {colour}, {depth} bits a channel{alpha}")?;
        match header.icc_bytes {
            0 => write!(f, "  ICC profile  none")?,
            bytes => {
                write!(f, "  ICC profile  {bytes} bytes, ")?;
                write_profile(f, header, header.profile())?;
            }
        }
        match header.length {
            Some(bytes) if bytes >= 1024 => {
                write!(f, "\n  file         {bytes} bytes ({})", rounded(bytes))
            }
            Some(bytes) => write!(f, "\n  file         {bytes} bytes"),
            None => Ok(()),
        }
    }
}

/// Writes what a profile is called and what is done about it.
fn write_profile(f: &mut fmt::Formatter<'_>, header: &Header, profile: Profile) -> fmt::Result {
    if let Some(name) = header.icc.as_ref().and_then(Icc::name) {
        write!(f, "{name}, ")?;
    }
    match profile {
        Profile::Srgb => f.write_str("sRGB in effect"),
        Profile::Converted => f.write_str("converted to sRGB"),
        Profile::Ignored(why) => f.write_str(why),
        other => f.write_str(other.name()),
    }
}

/// A plan as people read it: what is made, from what, and the memory it takes.
pub(super) struct PlanText<'a>(pub(super) &'a Plan);

impl fmt::Display for PlanText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plan = self.0;
        let (source, output) = (&plan.source, plan.output);
        let (from, to) = (source.format.name(), plan.format.name());
        let (native, effort) = (plan.native_quality, plan.effort);
        let quality = match plan.quality {
            Some(quality) => format!("quality {quality} (native {native})"),
            None => format!("native quality {native}"),
        };
        writeln!(f, "  source       {from} {}", source.dimensions)?;
        writeln!(
            f,
            "  output       {to} {output}, {quality}, effort {effort}"
        )?;
        let region = plan.region;
        writeln!(
            f,
            "  region       {:.0}x{:.0} at {:.0},{:.0} of the stored source",
            region.width, region.height, region.left, region.top
        )?;
        if plan.scales.iter().any(|&scale| scale != Scale::Full) {
            let scales: Vec<_> = plan.scales.iter().map(|scale| scale.name()).collect();
            writeln!(f, "  decoded      at {}", scales.join(", "))?;
        }
        let filter = value::word(value::FILTER, &plan.filter).unwrap_or("unknown");
        writeln!(f, "  resized      {}, {filter}", plan.resized)?;
        match plan.turn.exif() {
            1 => {}
            turn => writeln!(f, "  turned       like EXIF orientation {turn}")?,
        }
        if let Some(padding) = plan.padding {
            let (image, left, top) = (padding.image, padding.left, padding.top);
            writeln!(f, "  padded       {image} at {left},{top}")?;
        }
        if plan.profile != Profile::Absent {
            f.write_str("  ICC profile  ")?;
            write_profile(f, source, plan.profile)?;
            writeln!(f)?;
        }
        writeln!(
            f,
            "  memory       {} at its peak, in bytes:",
            rounded(plan.peak.bytes())
        )?;
        for part in plan.peak.parts() {
            writeln!(
                f,
                "    {:>12} {:<16} {}",
                part.bytes,
                part.name,
                part.held.name()
            )?;
        }
        write!(f, "    {:>12} held at once", plan.peak.bytes())
    }
}
