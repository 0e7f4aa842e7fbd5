//! From a profile's colours to sRGB (IEC 61966-2-1), 8 bits a channel.
//!
//! Profiles of three curves and a matrix, which is nearly all of them, are
//! converted by integers of our own: what each value of each channel adds to
//! linear red, green and blue is a table, and so is sRGB's curve. moxcms 0.9.1
//! does the same in 13 bits: of 8,192 colours of Display P3, the farthest from
//! what the profile's own numbers say is off by 1.6 levels, here by 0.6; and it
//! takes 0.6 ms to set up, this 0.05 with the reading (one core of a Sapphire
//! Rapids).
//!
//! Whatever lies outside sRGB is cut off channel by channel, as lcms does.

use std::{fmt, sync::Arc};

use moxcms::{
    ColorProfile, DataColorSpace, Layout, ToneReprCurve, Transform8BitExecutor, TransformOptions,
};

use crate::{
    budget::zeroed,
    error::Result,
    peak::{Held, Part},
};

/// Linear light is counted in this many steps: a step is a fifth of a level of
/// sRGB where sRGB is steepest.
const STEPS: usize = 16_384;

/// Fractional bits of a step in [`Matrix::shares`].
const FRACTION: u32 = 8;

/// No matrix between real colour spaces comes near it; three times this fits.
const LARGEST_FACTOR: f64 = 32.0;

/// How the colours of one source are converted to sRGB. Clones share the tables.
#[derive(Clone)]
pub(crate) struct Conversion(Arc<Kind>);

enum Kind {
    /// Each grey level's own.
    Grey(Box<[u8; 256]>),
    /// Three curves and a matrix.
    Matrix(Box<Matrix>),
    /// Tables between device and connection space, through moxcms.
    Table(Arc<Transform8BitExecutor>),
    /// The same, from four inks.
    Inks(Arc<Transform8BitExecutor>),
}

/// Three curves and a matrix, all in tables.
struct Matrix {
    /// For each channel and value, the steps it adds to linear red, green and
    /// blue; the fourth makes a vector of it.
    shares: [[[i32; 4]; 256]; 3],
    /// sRGB's level at each step.
    levels: Box<[u8; STEPS]>,
}

/// Converts row after row.
pub(super) struct Rows {
    conversion: Conversion,
    /// An interleaved row for moxcms to read, and one to write.
    from: Vec<u8>,
    to: Vec<u8>,
}

/// It follows from the source's profile, and a plan compares that.
impl PartialEq for Conversion {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Conversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &*self.0 {
            Kind::Grey(_) => "Grey",
            Kind::Matrix(_) => "Matrix",
            Kind::Table(_) => "Table",
            Kind::Inks(_) => "Inks",
        })
    }
}

impl Conversion {
    /// A curve from grey to linear light, or to lightness where the connection
    /// space is Lab (ICC.1:2022, F.2).
    pub(super) fn of_grey(profile: &ColorProfile) -> Option<Self> {
        let is_lightness = match profile.pcs {
            DataColorSpace::Xyz => false,
            DataColorSpace::Lab => true,
            _ => return None,
        };
        let curve = curve(profile, profile.gray_trc.as_ref())?;
        let levels = levels();
        let grey = curve.map(|value| {
            let light = if is_lightness {
                of_lightness(value.into())
            } else {
                value.into()
            };
            level(&levels, whole(light * f64::from(MOST)))
        });
        Some(Self(Arc::new(Kind::Grey(Box::new(grey)))))
    }

    /// Curves and a matrix (ICC.1:2022, F.3), or tables if the profile has them:
    /// they go first (8.10.2).
    pub(super) fn of_rgb(profile: &ColorProfile) -> Option<Self> {
        let kind = if profile.lut_a_to_b_perceptual.is_none() {
            Kind::Matrix(Box::new(Matrix::new(profile)?))
        } else {
            Kind::Table(table(profile, Layout::Rgb)?)
        };
        Some(Self(Arc::new(kind)))
    }

    /// Tables from four inks.
    pub(super) fn of_inks(profile: &ColorProfile) -> Option<Self> {
        // What moxcms calls RGBA is any four channels.
        let table = table(profile, Layout::Rgba)?;
        Some(Self(Arc::new(Kind::Inks(table))))
    }

    /// Makes room for rows of `width` pixels.
    pub(super) fn rows(&self, width: usize) -> Result<Rows> {
        let (from, to) = match *self.0 {
            Kind::Table(_) => (3, 3),
            Kind::Inks(_) => (4, 3),
            _ => (0, 0),
        };
        Ok(Rows {
            conversion: self.clone(),
            from: zeroed(from * width)?,
            to: zeroed(to * width)?,
        })
    }

    /// Whether no grey and no colour of a coarse grid moves by more than a level;
    /// inks always do.
    pub(super) fn changes_nothing(&self) -> bool {
        let greys = (0..=255).map(|level| [level; 3]);
        let grid = (0..729u32)
            .map(|i| [i / 81, i / 9 % 9, i % 9].map(|step| u8::try_from(32 * step).unwrap_or(255)));
        let has_hues = !matches!(*self.0, Kind::Grey(_));
        let colours: Vec<[u8; 3]> = greys.chain(grid.filter(|_| has_hues)).collect();
        let channel = |c: usize| colours.iter().map(|colour| colour[c]).collect::<Vec<_>>();
        let mut channels = [channel(0), channel(1), channel(2)];
        let Ok(mut rows) = self.rows(colours.len()) else {
            return false;
        };
        let [red, green, blue] = &mut channels;
        rows.convert([red, green, blue], &[]);
        let is_near = |(colour, i): (&[u8; 3], usize)| {
            (0..3).all(|c| channels[c][i].abs_diff(colour[c]) <= 1)
        };
        colours.iter().zip(0..).all(is_near)
    }

    /// The memory it takes with rows of `width` pixels.
    pub(super) fn peak(&self, width: u32) -> Vec<Part> {
        let held = |bytes| Part::new("colour conversion", bytes).held(Held::Throughout);
        match *self.0 {
            Kind::Grey(_) => vec![held(256)],
            Kind::Matrix(_) => vec![held((size_of::<Matrix>() + STEPS) as u64)],
            Kind::Table(_) => vec![
                held(GRID_BYTES as u64),
                Part::new("interleaved rows", 6 * u64::from(width)),
            ],
            Kind::Inks(_) => vec![
                held(INKS_GRID_BYTES as u64),
                Part::new("interleaved rows", 7 * u64::from(width)),
            ],
        }
    }
}

/// moxcms's own grid of 33 colours a side, and its curves.
pub(super) const GRID_BYTES: usize = 450 << 10;

/// The same for four inks: 17 a side.
pub(super) const INKS_GRID_BYTES: usize = 990 << 10;

/// The last step.
const MOST: i32 = 16_383;

impl Matrix {
    fn new(profile: &ColorProfile) -> Option<Self> {
        if !profile.is_matrix_shaper() || profile.pcs != DataColorSpace::Xyz {
            return None;
        }
        let factors = profile.transform_matrix(&ColorProfile::new_srgb()).v;
        let is_sound = |factor: &f64| factor.abs() <= LARGEST_FACTOR;
        if !factors.as_flattened().iter().all(is_sound) {
            return None;
        }
        let mut shares = [[[0; 4]; 256]; 3];
        let curves = [&profile.red_trc, &profile.green_trc, &profile.blue_trc];
        for (from, (shares, trc)) in shares.iter_mut().zip(curves).enumerate() {
            let light = curve(profile, trc.as_ref())?;
            for (share, light) in shares.iter_mut().zip(light) {
                let steps = f64::from(light) * f64::from(MOST << FRACTION);
                for (share, factors) in share.iter_mut().zip(&factors) {
                    *share = whole(steps * factors[from]);
                }
            }
        }
        Some(Self {
            shares,
            levels: levels(),
        })
    }

    fn convert(&self, [red, green, blue]: [&mut [u8]; 3]) {
        let half = 1 << (FRACTION - 1);
        let level = |sum: i32| level(&self.levels, (sum + half) >> FRACTION);
        for ((r, g), b) in red.iter_mut().zip(green).zip(blue) {
            let of_red = &self.shares[0][usize::from(*r)];
            let of_green = &self.shares[1][usize::from(*g)];
            let of_blue = &self.shares[2][usize::from(*b)];
            let sum: [i32; 4] = std::array::from_fn(|c| of_red[c] + of_green[c] + of_blue[c]);
            (*r, *g, *b) = (level(sum[0]), level(sum[1]), level(sum[2]));
        }
    }
}

impl Rows {
    /// Converts one row in place. Of four inks the colours hold the light that the
    /// first three leave, and `key` that of the fourth; of others `key` is not read.
    pub(super) fn convert(&mut self, [red, green, blue]: [&mut [u8]; 3], key: &[u8]) {
        match &*self.conversion.0 {
            Kind::Grey(levels) => {
                for sample in [red, green, blue].into_iter().flatten() {
                    *sample = levels[usize::from(*sample)];
                }
            }
            Kind::Matrix(matrix) => matrix.convert([red, green, blue]),
            Kind::Table(table) => {
                let pixels = self.from.as_chunks_mut::<3>().0;
                for (((pixel, &mut r), &mut g), &mut b) in pixels
                    .iter_mut()
                    .zip(&mut *red)
                    .zip(&mut *green)
                    .zip(&mut *blue)
                {
                    *pixel = [r, g, b];
                }
                through(table, &self.from, &mut self.to, [red, green, blue]);
            }
            Kind::Inks(table) => {
                let pixels = self.from.as_chunks_mut::<4>().0;
                for ((((pixel, &mut c), &mut m), &mut y), &k) in pixels
                    .iter_mut()
                    .zip(&mut *red)
                    .zip(&mut *green)
                    .zip(&mut *blue)
                    .zip(key)
                {
                    *pixel = [!c, !m, !y, !k];
                }
                through(table, &self.from, &mut self.to, [red, green, blue]);
            }
        }
    }
}

/// From a profile's tables to sRGB, from pixels of `layout`.
fn table(profile: &ColorProfile, layout: Layout) -> Option<Arc<Transform8BitExecutor>> {
    let options = TransformOptions {
        rendering_intent: profile.rendering_intent,
        allow_use_cicp_transfer: false,
        ..TransformOptions::default()
    };
    let srgb = ColorProfile::new_srgb();
    let table = profile.create_transform_8bit(layout, &srgb, Layout::Rgb, options);
    table.ok()
}

/// One interleaved row through a table, and its channels apart.
fn through(
    table: &Arc<Transform8BitExecutor>,
    from: &[u8],
    to: &mut [u8],
    [red, green, blue]: [&mut [u8]; 3],
) {
    // It refuses only rows of unlike lengths.
    if table.transform(from, to).is_ok() {
        let pixels = to.as_chunks::<3>().0;
        for (((pixel, r), g), b) in pixels.iter().zip(red).zip(green).zip(blue) {
            [*r, *g, *b] = *pixel;
        }
    }
}

/// Linear light, 0 to 1, of each level of a channel.
fn curve(profile: &ColorProfile, trc: Option<&ToneReprCurve>) -> Option<[f32; 256]> {
    let light = profile.build_8bit_lin_table(&trc.cloned()).ok()?;
    let is_sound = light.iter().all(|light| (0.0..=1.0).contains(light));
    is_sound.then_some(*light)
}

/// Linear light of CIE lightness, both 0 to 1 (ISO/CIE 11664-4).
fn of_lightness(lightness: f64) -> f64 {
    let root = (100.0 * lightness + 16.0) / 116.0;
    if root > 6.0 / 29.0 {
        root.powi(3)
    } else {
        (root - 4.0 / 29.0) * 108.0 / 841.0
    }
}

/// sRGB's level at each step of linear light, rounded.
fn levels() -> Box<[u8; STEPS]> {
    let mut levels = Box::new([255; STEPS]);
    let mut from = 0;
    for level in 0..255u8 {
        // Half-way to the next level, the next one begins.
        let border = (f64::from(level) + 0.5) / 255.0;
        let light = if border <= 0.04045 {
            border / 12.92
        } else {
            ((border + 0.055) / 1.055).powf(2.4)
        };
        let end = (light * f64::from(MOST)).ceil();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "light is 0 to 1"
        )]
        let end = end as usize;
        levels[from..end].fill(level);
        from = end;
    }
    levels
}

/// The level at a step, or at the nearest there is.
#[expect(clippy::cast_sign_loss, reason = "clamped")]
fn level(levels: &[u8; STEPS], step: i32) -> u8 {
    levels[step.clamp(0, MOST) as usize]
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "no number here reaches 2^28, and the cast clamps"
)]
fn whole(number: f64) -> i32 {
    number.round() as i32
}
