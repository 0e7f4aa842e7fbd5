//! Bodies of answers: whole, or read from a store while they are sent.

use std::{
    io::{self, Read},
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::mpsc::{self, Receiver, Sender};

/// Bytes that are read at once, and a few of them wait to be sent.
const PIECE: usize = 64 << 10;

/// The body of an answer.
#[derive(Debug)]
pub(super) enum Body {
    /// All of it; `None` once it is sent.
    Whole(Option<Bytes>),
    /// As it arrives, and how many bytes are to come.
    Arriving(Receiver<io::Result<Bytes>>, u64),
}

impl Body {
    /// A body of this many bytes that [`pump`] feeds.
    pub(super) fn arriving(bytes: u64) -> (Sender<io::Result<Bytes>>, Self) {
        let (sender, receiver) = mpsc::channel(2);
        (sender, Self::Arriving(receiver, bytes))
    }
}

/// Reads `from` to its end and hands it on, for as long as somebody takes it. Waits in the
/// thread that calls it.
pub(super) fn pump(mut from: impl Read, to: &Sender<io::Result<Bytes>>) {
    let mut piece = vec![0; PIECE];
    loop {
        let read = match from.read(&mut piece) {
            Ok(0) => return,
            Ok(read) => Ok(Bytes::copy_from_slice(&piece[..read])),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let ended = read.is_err();
        if to.blocking_send(read).is_err() || ended {
            return;
        }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut *self {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Arriving(receiver, left) => receiver.poll_recv(context).map(|piece| {
                let Some(piece) = piece else {
                    // It ended early: the connection must not look as if all were well.
                    let cut = io::Error::from(io::ErrorKind::UnexpectedEof);
                    return (*left > 0).then_some(Err(cut));
                };
                let counted =
                    piece.inspect(|piece| *left = left.saturating_sub(piece.len() as u64));
                Some(counted.map(Frame::data))
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Self::Arriving(_, left) => *left == 0,
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            Self::Whole(bytes) => bytes.as_ref().map_or(0, |bytes| bytes.len() as u64),
            Self::Arriving(_, left) => *left,
        })
    }
}
