//! Writes the frames that wait for a stream, in order, in as few writes as the stream takes: each write offers the parts of
//! many frames, which stay where they are. A write that takes only a part is gone on with exactly where it stopped.

use std::{collections::VecDeque, io};

use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::outbox::Taker;
use crate::port::Frame;

/// The most that is offered in one write: bytes, unless a single frame is longer, and parts of frames.
const LONGEST: usize = 256 << 10;
const PARTS: usize = 1000;

/// Frames that were taken and are not written to the end.
#[derive(Default)]
pub struct Batch {
    frames: VecDeque<Frame>,
    /// How much of the first frame is written.
    begun: usize,
}

/// Frames that are written to the end.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub messages: usize,
    pub bytes: usize,
}

impl Batch {
    /// Takes all frames that wait, once some do. Returns false if no frame is left and none can come.
    pub async fn fill(&mut self, taker: &Taker) -> bool {
        taker.take_all(&mut self.frames).await
    }

    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Offers what waits, once, and says which frames are written to the end by that.
    pub async fn write(&mut self, writer: &mut (impl AsyncWrite + Unpin)) -> io::Result<Written> {
        let mut slices = Vec::with_capacity(PARTS.min(3 * self.frames.len()));
        let (mut begun, mut length) = (self.begun, 0);
        for frame in &self.frames {
            if length >= LONGEST || slices.len() + 3 > PARTS {
                break;
            }
            length += frame.len() - begun;
            frame.slices(begun, &mut slices);
            begun = 0;
        }
        let count = match slices.as_slice() {
            // Everything that waits is empty.
            [] => 0,
            [slice] => writer.write(slice).await?,
            slices => writer.write_vectored(slices).await?,
        };
        if count == 0 && length > 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        Ok(self.advance(count))
    }

    fn advance(&mut self, mut count: usize) -> Written {
        let mut written = Written::default();
        while let Some(frame) = self.frames.front() {
            let left = frame.len() - self.begun;
            if left > count {
                self.begun += count;
                break;
            }
            count -= left;
            written.messages += 1;
            written.bytes += frame.len();
            self.begun = 0;
            self.frames.pop_front();
        }
        written
    }
}

#[cfg(test)]
mod tests;
