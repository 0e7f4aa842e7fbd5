//! A stand-in for a photograph: sky, hills and ground with detail at every scale, and
//! hard-edged, strongly coloured things in front of them.

use super::noise::{Octaves, mix, pick};
use super::{Picture, level};

/// Colours of the things in the foreground: saturated, as balloons and signs are.
const PAINTS: [[i32; 3]; 8] = [
    [226, 26, 34],
    [250, 196, 12],
    [18, 96, 206],
    [20, 160, 70],
    [240, 110, 16],
    [150, 30, 160],
    [244, 244, 240],
    [24, 24, 30],
];

/// Returns a picture with the statistics of a photograph, in RGB.
///
/// It has smooth gradients, noise whose amplitude falls with its frequency down to the
/// single pixel, hard edges in all directions, and saturated colours. Features scale with
/// the picture, so every size shows the same scene at its own sharpness. Costs about 15 ns
/// per pixel.
pub fn photo(width: u32, height: u32, seed: u64) -> Picture {
    let mut scene = Scene::new(width, height, seed);
    let stride = width as usize * 3;
    let mut samples = vec![0; stride * height as usize];
    for (y, row) in (0..height).zip(samples.chunks_exact_mut(stride.max(1))) {
        scene.paint_row(y, row);
    }
    Picture {
        width,
        height,
        channels: 3,
        samples,
    }
}

struct Scene {
    height: i32,
    /// Rows at which the far and the near hills begin, per column.
    far: Vec<i32>,
    near: Vec<i32>,
    detail: Octaves,
    tint: Octaves,
    /// The row's detail and tint, in 1/256 of a level; kept between rows to save allocations.
    details: Vec<i32>,
    tints: Vec<i32>,
    things: Vec<Thing>,
}

struct Thing {
    outline: Outline,
    paint: [i32; 3],
    x: i32,
    y: i32,
    size: i32,
}

enum Outline {
    Disc,
    /// A wall with a grid of windows.
    House,
    /// A square standing on its corner.
    Diamond,
}

impl Scene {
    fn new(width: u32, height: u32, seed: u64) -> Self {
        let unit = width.max(height).max(8);
        let coarsest = unit.ilog2() - 1;
        let rows = height.cast_signed();
        let ridge = |salt, centre: i32, swing: i32| {
            let mut line = vec![0; width as usize];
            Octaves::new(width, mix(seed ^ salt), coarsest, 1, 100, 128).add_row(0, &mut line);
            line.iter()
                .map(|&swell| centre + ((swell >> 4) * swing) / 1600)
                .collect()
        };
        let things = (0..24)
            .map(|n| Thing::scatter(mix(seed ^ 7), n, width, height))
            .collect();
        Self {
            height: rows.max(1),
            far: ridge(1, rows * 40 / 100, rows / 6),
            near: ridge(2, rows * 58 / 100, rows / 9),
            detail: Octaves::new(width, mix(seed ^ 3), coarsest, 1, 36, 218),
            tint: Octaves::new(
                width,
                mix(seed ^ 4),
                coarsest,
                coarsest.saturating_sub(4).max(1),
                70,
                150,
            ),
            details: vec![0; width as usize],
            tints: vec![0; width as usize],
            things,
        }
    }

    fn paint_row(&mut self, y: u32, row: &mut [u8]) {
        self.details.fill(0);
        self.tints.fill(0);
        self.detail.add_row(y, &mut self.details);
        self.tint.add_row(y, &mut self.tints);

        let y = y.cast_signed();
        // 0 at the top of the picture, 256 at its foot.
        let depth = y * 256 / self.height;
        let pixels = row.as_chunks_mut::<3>().0.iter_mut();
        let ground = self
            .far
            .iter()
            .zip(&self.near)
            .zip(self.details.iter().zip(&self.tints));
        for (pixel, ((&far, &near), (&detail, &tint))) in pixels.zip(ground) {
            let (detail, tint) = (detail >> 8, tint >> 8);
            let colour = if y < far {
                sky(depth, detail, tint)
            } else if y < near {
                hills(y - far, detail, tint)
            } else {
                meadow(depth, detail, tint)
            };
            *pixel = colour.map(|value| level(i64::from(value)));
        }
        for thing in &self.things {
            thing.paint_row(y, row, &self.details);
        }
    }
}

fn sky(depth: i32, detail: i32, tint: i32) -> [i32; 3] {
    // Clouds where the tint is high, with their own soft edge.
    let cloud = ((tint - 6) * 5).clamp(0, 150);
    let calm = detail / 6 + (detail * cloud) / 400;
    let blue = [52 + depth, 112 + depth * 3 / 4, 214 + depth / 4];
    blue.map(|value| value + (245 - value) * cloud / 160 + calm)
}

fn hills(below: i32, detail: i32, tint: i32) -> [i32; 3] {
    let haze = (96 - below / 6).clamp(0, 96);
    [
        58 + haze + tint / 6,
        84 + haze * 3 / 4 + tint / 8,
        104 + haze * 3 / 4,
    ]
    .map(|value| value + detail * 2 / 3)
}

fn meadow(depth: i32, detail: i32, tint: i32) -> [i32; 3] {
    // Bare stone on the heights of the noise: edges as ragged as the noise is deep.
    if detail > 24 {
        return [96, 92, 84].map(|value| value + detail * 2 + depth / 8);
    }
    let dry = (tint + 40).clamp(0, 110);
    let light = 150 - depth / 4 + detail * 5 / 4;
    [
        light * (70 + dry) / 160,
        light * (150 - dry / 4) / 160,
        light * (56 - dry / 8) / 160,
    ]
}

impl Thing {
    fn scatter(seed: u64, n: u64, width: u32, height: u32) -> Self {
        let unit = width.min(height);
        let outline = match n % 3 {
            0 => Outline::Disc,
            1 => Outline::House,
            _ => Outline::Diamond,
        };
        // Discs fly, the others stand on the ground.
        let (from, to) = if n.is_multiple_of(3) {
            (4, 60)
        } else {
            (58, 96)
        };
        let per_mille = from * 10 + pick(seed, n * 8 + 2, (to - from) * 10);
        let at_height = height / 1000 * per_mille + height % 1000 * per_mille / 1000;
        Self {
            outline,
            paint: PAINTS[pick(seed, n * 8, 8) as usize],
            x: pick(seed, n * 8 + 1, width.max(1)).cast_signed(),
            y: at_height.cast_signed(),
            size: (unit / 60 + pick(seed, n * 8 + 3, unit / 14 + 1)).cast_signed(),
        }
    }

    fn paint_row(&self, y: i32, row: &mut [u8], details: &[i32]) {
        let dy = y - self.y;
        if dy.abs() > self.size || self.size == 0 {
            return;
        }
        let half = match self.outline {
            Outline::Disc => (self.size * self.size - dy * dy).isqrt(),
            Outline::House => self.size,
            Outline::Diamond => self.size - dy.abs(),
        };
        let from = usize::try_from(self.x - half).unwrap_or(0);
        let to = usize::try_from(self.x + half)
            .unwrap_or(0)
            .min(details.len());
        let pixels = row.as_chunks_mut::<3>().0[from..to].iter_mut();
        let offsets = (-half).max(-self.x)..;
        for ((pixel, detail), dx) in pixels.zip(&details[from..to]).zip(offsets) {
            // Lit from the upper left, by a quarter of full light at most.
            let light = 216 - (dx + dy) * 40 / self.size + (detail >> 11);
            let paint = if self.is_window(dx, dy) {
                [38, 44, 58]
            } else {
                self.paint
            };
            *pixel = paint.map(|value| level(i64::from(value * light / 216)));
        }
    }

    fn is_window(&self, dx: i32, dy: i32) -> bool {
        let pane = (self.size / 5).max(2);
        let inside = |offset: i32| offset.rem_euclid(pane) * 2 > pane;
        matches!(self.outline, Outline::House) && inside(dx) && inside(dy)
    }
}
