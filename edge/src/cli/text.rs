//! What `edgepix info` and `edgepix plan` print for people: one fact a line,
//! indented below the image's name.

use std::fmt;

use edgepix_engine::{
    Action, Coding, Copyright, Degraded, Header, Icc, Lost, Plan, Profile, Rung, Stage, jpeg::Scale,
};

use super::{
    header::{avif_sampling, colour_name, sampling, upright},
    value::{self, rounded},
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
                ..
            } => {
                let palette = if palette { ", palette" } else { "" };
                let interlaced = if interlaced { ", interlaced" } else { "" };
                write!(f, "{palette}{interlaced}")?;
            }
            Coding::Webp(coding) => {
                f.write_str(if coding.lossless {
                    ", lossless"
                } else {
                    ", lossy"
                })?;
            }
            Coding::Avif(coding) => {
                write!(f, ", {} bit", header.bit_depth)?;
                if let Some(sampling) = avif_sampling(coding) {
                    write!(f, " {sampling}")?;
                }
                if let (columns, rows) = coding.grid
                    && (columns, rows) != (1, 1)
                {
                    write!(f, ", {columns}x{rows} tiles")?;
                }
            }
            Coding::Gif { interlaced: true } => f.write_str(", interlaced")?,
            _ => {}
        }
        if header.frames > 1 {
            write!(f, ", {} frames", header.frames)?;
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
            0 => {
                write!(f, "  ICC profile  none")?;
                let profile = header.profile();
                if profile != Profile::Absent {
                    f.write_str("; by its numbers, ")?;
                    write_profile(f, header, profile)?;
                }
            }
            bytes => {
                write!(f, "  ICC profile  {bytes} bytes, ")?;
                write_profile(f, header, header.profile())?;
            }
        }
        for line in makers(&header.copyright) {
            write!(f, "\n{line}")?;
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

/// A format and its effort.
pub(super) fn rung_name(rung: &Rung) -> String {
    format!("{} effort {}", rung.format.name(), rung.effort)
}

/// What was given up, and why.
pub(crate) struct DegradedText<'a>(pub(crate) &'a Degraded);

impl fmt::Display for DegradedText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Degraded { lost, because } = self.0;
        match lost {
            Lost::Rung(rung) => write!(f, "not {}", rung_name(rung))?,
            Lost::Quality(quality) => write!(f, "not quality {quality}")?,
            _ => f.write_str("something was given up")?,
        }
        write!(f, ", for want of {}", because.name())
    }
}

/// The predicted time of each stage that takes any.
fn stages(plan: &Plan) -> String {
    let stages = Stage::ALL.into_iter().filter_map(|stage| {
        let time = plan.cost.of(stage).as_secs_f64() * 1e3;
        (time > 0.0).then(|| format!("{} {time:.1}", stage.name()))
    });
    stages.collect::<Vec<_>>().join(", ")
}

/// What is said of an image's makers, one text a line.
fn makers(said: &Copyright) -> impl Iterator<Item = String> {
    [("copyright", &said.notice), ("artist", &said.artist)]
        .into_iter()
        .filter_map(|(name, text)| {
            // Nothing in it is for the terminal to obey.
            let text = text.as_deref()?.replace(char::is_control, " ");
            Some(format!("  {name:<12} {text}"))
        })
}

/// A plan as people read it: what is made, from what, and the memory it takes.
pub(crate) struct PlanText<'a>(pub(crate) &'a Plan);

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
        write!(f, "  source       {from} {}", source.dimensions)?;
        match (source.frames, plan.action) {
            (1, _) => writeln!(f)?,
            (_, Action::Keep) => {
                return write!(
                    f,
                    ", animated\n  output       the source as it is\n  \
                     memory       {} at its peak",
                    rounded(plan.peak.bytes())
                );
            }
            (frames, Action::Animate) => writeln!(f, ", {frames} frames, all made anew")?,
            (frames, _) => writeln!(f, ", {frames} frames, of which the first is made")?,
        }
        write!(f, "  output       {to} {output}, ")?;
        if plan.lossless {
            writeln!(f, "lossless")?;
        } else {
            writeln!(f, "{quality}, effort {effort}")?;
        }
        if let Some(choice) = plan.choice {
            let (token, vary) = (choice.token.name(), choice.vary);
            writeln!(
                f,
                "  cache key    {token}, by the Accept header; Vary: {vary}"
            )?;
        }
        for line in makers(&plan.copyright) {
            writeln!(f, "{line}")?;
        }
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
        if let Some(overlay) = &plan.overlay {
            let (size, left, top) = (overlay.size, overlay.left, overlay.top);
            let opacity = overlay.opacity;
            writeln!(
                f,
                "  overlaid     {size} at {left},{top}, opacity {opacity}"
            )?;
        }
        if plan.profile != Profile::Absent {
            f.write_str("  ICC profile  ")?;
            write_profile(f, source, plan.profile)?;
            writeln!(f)?;
        }
        for degraded in &plan.degraded {
            writeln!(f, "  degraded     {}", DegradedText(degraded))?;
        }
        if !plan.fallbacks.is_empty() {
            let rungs: Vec<_> = plan.fallbacks.iter().map(rung_name).collect();
            writeln!(f, "  else         {}", rungs.join(", "))?;
        }
        writeln!(
            f,
            "  time         {:.1} ms, of a processor {:.1} ms: {}",
            plan.wall.as_secs_f64() * 1e3,
            plan.cost.total().as_secs_f64() * 1e3,
            stages(plan)
        )?;
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
