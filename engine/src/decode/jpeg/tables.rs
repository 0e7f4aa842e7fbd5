//! Quantisation and Huffman tables and the restart interval: what segments
//! between the scans define (T.81, B.2.4).

use std::rc::Rc;

use super::huffman::{Class, Table};

/// Everything defined so far. A later definition replaces an earlier one.
#[derive(Default)]
pub(super) struct Tables {
    /// Steps of the coefficients, in zigzag order.
    pub(super) quantisation: [Option<Rc<[u16; 64]>>; 4],
    pub(super) dc: [Option<Rc<Table>>; 4],
    pub(super) ac: [Option<Rc<Table>>; 4],
    /// MCUs between restart markers; 0 for none.
    pub(super) restart_interval: u32,
}

impl Tables {
    /// Reads a DQT segment (T.81, B.2.4.1); the broken rule if it breaks one.
    pub(super) fn define_quantisation(&mut self, mut body: &[u8]) -> Result<(), &'static str> {
        const RULE: &str = "a quantisation table is as T.81 B.2.4.1 says";
        while let [head, rest @ ..] = body {
            let bytes = match head >> 4 {
                0 => 1,
                1 => 2,
                _ => return Err(RULE),
            };
            let (Some(slot), Some(steps)) = (
                self.quantisation.get_mut(usize::from(head & 15)),
                rest.get(..64 * bytes),
            ) else {
                return Err(RULE);
            };
            *slot = Some(Rc::new(std::array::from_fn(|k| {
                steps[k * bytes..(k + 1) * bytes]
                    .iter()
                    .fold(0, |step, &byte| step << 8 | u16::from(byte))
            })));
            body = &rest[64 * bytes..];
        }
        Ok(())
    }

    /// Reads a DHT segment (T.81, B.2.4.2); the broken rule if it breaks one.
    pub(super) fn define_huffman(&mut self, mut body: &[u8]) -> Result<(), &'static str> {
        const RULE: &str = "a Huffman table is as T.81 B.2.4.2 says";
        while let [head, rest @ ..] = body {
            let (class, slots) = match head >> 4 {
                0 => (Class::Dc, &mut self.dc),
                1 => (Class::Ac, &mut self.ac),
                _ => return Err(RULE),
            };
            let slot = slots.get_mut(usize::from(head & 15)).ok_or(RULE)?;
            let (counts, rest) = rest.split_first_chunk::<16>().ok_or(RULE)?;
            let total = counts.iter().map(|&count| usize::from(count)).sum();
            let symbols = rest.get(..total).ok_or(RULE)?;
            let table = Table::new(class, counts, symbols).ok_or(RULE)?;
            *slot = Some(Rc::new(table));
            body = &rest[total..];
        }
        Ok(())
    }

    /// Reads a DRI segment (T.81, B.2.4.4); the broken rule if it breaks one.
    pub(super) fn define_restarts(&mut self, body: &[u8]) -> Result<(), &'static str> {
        let &[high, low] = body else {
            return Err("a restart interval is as T.81 B.2.4.4 says");
        };
        self.restart_interval = u32::from(u16::from_be_bytes([high, low]));
        Ok(())
    }
}
