//! Scan headers, and what every kind of scan shares: restarts and errors.

use std::rc::Rc;

use super::{
    feed::Feed,
    frame::Frame,
    huffman::Table,
    tables::Tables,
    window::{self, Window},
};
use crate::error::Result;

/// One component's part of a scan.
pub(super) struct Selected {
    /// Index among the frame's components.
    pub(super) component: usize,
    pub(super) dc_table: usize,
    pub(super) ac_table: usize,
}

/// A scan header (T.81, B.2.3).
pub(super) struct Scan {
    pub(super) selected: Vec<Selected>,
    /// First and last coefficient in zigzag order.
    pub(super) band: (usize, usize),
    /// Bit above the one that this scan refines, 0 for a first scan.
    pub(super) high: u32,
    /// Lowest bit that this scan brings.
    pub(super) low: u32,
}

impl Scan {
    /// Reads an SOS segment; the broken rule if it breaks one.
    pub(super) fn read(body: &[u8], frame: &Frame) -> Result<Self, &'static str> {
        const RULE: &str = "a scan header is as T.81 B.2.3 says";
        let [count, rest @ ..] = body else {
            return Err(RULE);
        };
        let count = usize::from(*count);
        let (Some(selectors), Some(&[first, last, bits])) =
            (rest.get(..2 * count), rest.get(2 * count..))
        else {
            return Err(RULE);
        };
        let mut selected: Vec<Selected> = Vec::with_capacity(4);
        for pair in selectors.chunks_exact(2) {
            let component = frame
                .components
                .iter()
                .position(|component| component.id == pair[0])
                .ok_or("a scan is of components of the frame")?;
            // Repeated identifiers exist; a component may still come only once.
            if selected.iter().any(|other| other.component == component) {
                return Err("a scan has each component once");
            }
            selected.push(Selected {
                component,
                dc_table: usize::from(pair[1] >> 4),
                ac_table: usize::from(pair[1] & 15),
            });
        }
        let blocks: usize = selected
            .iter()
            .map(|part| &frame.components[part.component])
            .map(|component| component.across * component.down)
            .sum();
        if count == 0 || count > 1 && blocks > 10 {
            return Err("an MCU has 1 to 10 blocks");
        }
        let scan = Self {
            selected,
            band: (usize::from(first), usize::from(last)),
            high: u32::from(bits >> 4),
            low: u32::from(bits & 15),
        };
        if frame.progressive {
            scan.check_progression()?;
        }
        Ok(scan)
    }

    /// T.81, G.1.1.1 and table B.3.
    fn check_progression(&self) -> Result<(), &'static str> {
        let (first, last) = self.band;
        let band = match first {
            0 => last == 0,
            _ => first <= last && last < 64 && self.selected.len() == 1,
        };
        if !band {
            return Err("a progressive scan is of DC, or of one component's AC coefficients");
        }
        if self.low > 13 || self.high != 0 && self.high != self.low + 1 {
            return Err("a progressive scan refines one bit");
        }
        Ok(())
    }

    /// MCUs of this scan, across and down: those of the frame, or the blocks of a
    /// single component (T.81, A.2).
    pub(super) fn units(&self, frame: &Frame) -> (usize, usize) {
        match &self.selected[..] {
            [alone] => frame.components[alone.component].blocks,
            _ => frame.mcus,
        }
    }
}

/// The table in `slot`, as the scan finds it.
pub(super) fn huffman(
    tables: &[Option<Rc<Table>>; 4],
    slot: usize,
) -> Result<Rc<Table>, &'static str> {
    tables
        .get(slot)
        .and_then(Option::as_ref)
        .cloned()
        .ok_or("a Huffman table is defined before it is used")
}

/// Counts MCUs between restart markers (T.81, E.1.4 and E.2.4).
pub(super) struct Restarts {
    interval: u32,
    left: u32,
    next: u8,
}

impl Restarts {
    pub(super) fn new(tables: &Tables) -> Self {
        Self {
            interval: tables.restart_interval,
            left: tables.restart_interval,
            next: 0,
        }
    }

    /// MCUs, of at most `wanted`, before the next marker; 0 if it is due.
    pub(super) fn before_marker(&self, wanted: usize) -> usize {
        if self.interval == 0 {
            wanted
        } else {
            wanted.min(self.left as usize)
        }
    }

    /// Notes that `count` more MCUs were decoded.
    pub(super) fn passed(&mut self, count: usize) {
        if self.interval > 0 {
            self.left -= u32::try_from(count).expect("no more than were left");
        }
    }

    /// Takes the marker that is due and begins with the data after it.
    pub(super) fn restart(&mut self, window: &mut Window, feed: &mut Feed<'_>) -> Result<()> {
        window.check_end(feed)?;
        match window.finish(feed)? {
            Some(code) if code == 0xd0 | self.next => {}
            Some(_) => return Err(feed.malformed("restart markers come in order")),
            None => return Err(window::cut(feed)),
        }
        self.next = (self.next + 1) & 7;
        self.left = self.interval;
        window.begin(feed)
    }
}

/// What is wrong with a block.
#[derive(Clone, Copy, Debug)]
pub(super) enum Broken {
    /// No code begins like this.
    Code,
    /// A run of zeros passes the last coefficient.
    Run,
}

impl Broken {
    pub(super) fn rule(self) -> &'static str {
        match self {
            Self::Code => "the scan data is made of codes of its Huffman tables",
            Self::Run => "a block has 64 coefficients",
        }
    }
}
