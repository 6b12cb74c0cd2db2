//! Writes the frames that wait for a stream, in order, in as few writes as the stream takes: each write offers the parts of
//! many frames, which stay where they are. A write that takes only a part is gone on with exactly where it stopped.

use std::{collections::VecDeque, io};

use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::{
    outbox::Taker,
    series::{Digits, Frame},
};

/// The most that is offered in one write, unless a single frame is more: bytes, and parts of frames.
const LONGEST: usize = 256 << 10;
const PARTS: usize = 1000;

/// Frames that were taken and are not written to the end.
#[derive(Default)]
pub struct Batch {
    frames: VecDeque<Frame>,
    /// How many messages of the first frame are written, and how much of the next one.
    done: usize,
    begun: usize,
    /// The numbers of the messages that are offered.
    numbers: Vec<Digits>,
}

/// Messages that are written to the end.
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

    /// Offers what waits, once, and says which messages are written to the end by that.
    pub async fn write(&mut self, writer: &mut (impl AsyncWrite + Unpin)) -> io::Result<Written> {
        let (mut offered, mut parts, mut length) = (0, 0, 0);
        let mut place = (self.done, self.begun);
        self.numbers.clear();
        for frame in &self.frames {
            if offered > 0 && (length >= LONGEST || parts + frame.parts() > PARTS) {
                break;
            }
            offered += 1;
            parts += frame.parts();
            length += frame.len();
            frame.numbers(std::mem::take(&mut place.0), &mut self.numbers);
        }
        let mut slices = Vec::with_capacity(parts);
        let mut numbers = self.numbers.iter();
        place.0 = self.done;
        for frame in self.frames.iter().take(offered) {
            frame.slices(std::mem::take(&mut place), &mut numbers, &mut slices);
        }
        let count = match slices.as_slice() {
            // Everything that waits is empty.
            [] => return Ok(self.advance(0)),
            [slice] => writer.write(slice).await?,
            slices => writer.write_vectored(slices).await?,
        };
        if count == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        Ok(self.advance(count))
    }

    fn advance(&mut self, mut count: usize) -> Written {
        let mut written = Written::default();
        while let Some(frame) = self.frames.front() {
            while self.done < frame.messages() {
                let length = frame.length_of(self.done);
                let left = length - self.begun;
                if left > count {
                    self.begun += count;
                    return written;
                }
                count -= left;
                written.messages += 1;
                written.bytes += length;
                self.done += 1;
                self.begun = 0;
            }
            self.frames.pop_front();
            self.done = 0;
        }
        written
    }
}

#[cfg(test)]
mod tests;
