//! NUL-terminated frames over a stream of bytes: how event-feed messages travel. A frame that is too long is named as such
//! and passed over to its end; the stream goes on after it.

/// What was found in the stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame<'b> {
    Text(&'b str),
    /// The frame was longer than the limit; it was dropped.
    TooLong,
    /// The frame is not UTF-8; it was dropped.
    NotText,
}

/// Collects bytes and hands out frames. It never holds more than one frame's limit and one read.
#[derive(Debug)]
pub struct Frames {
    buffer: Vec<u8>,
    /// Where the next frame begins.
    start: usize,
    /// How far the buffer was searched for an end.
    searched: usize,
    limit: usize,
    skipping: bool,
}

impl Frames {
    /// `limit` is the longest frame in bytes, without its NUL.
    pub fn new(limit: usize) -> Frames {
        Frames { buffer: Vec::new(), start: 0, searched: 0, limit, skipping: false }
    }

    /// Adds what was read. To be called when [`Frames::next_frame`] has nothing more.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.searched -= self.start;
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame. Empty frames, and line ends around frames, are passed over: some senders add them.
    pub fn next_frame(&mut self) -> Option<Frame<'_>> {
        loop {
            let Some(length) = memchr::memchr(0, &self.buffer[self.searched..]) else {
                self.searched = self.buffer.len();
                if self.buffer.len() - self.start <= self.limit || self.skipping {
                    if self.skipping {
                        self.start = self.buffer.len();
                    }
                    return None;
                }
                self.skipping = true;
                self.start = self.buffer.len();
                return Some(Frame::TooLong);
            };
            let end = self.searched + length;
            let frame = self.start..end;
            self.start = end + 1;
            self.searched = self.start;
            if std::mem::take(&mut self.skipping) {
                continue;
            }
            if frame.len() > self.limit {
                return Some(Frame::TooLong);
            }
            let bytes = self.buffer[frame].trim_ascii();
            if bytes.is_empty() {
                continue;
            }
            return Some(std::str::from_utf8(bytes).map_or(Frame::NotText, Frame::Text));
        }
    }

    /// Whether the stream ended in the middle of a frame.
    pub fn is_cut(&self) -> bool {
        !self.buffer[self.start..].trim_ascii().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(limit: usize, reads: &[&[u8]]) -> Vec<String> {
        let mut frames = Frames::new(limit);
        let mut found = Vec::new();
        for read in reads {
            frames.push(read);
            while let Some(frame) = frames.next_frame() {
                found.push(format!("{frame:?}"));
            }
        }
        if frames.is_cut() {
            found.push("cut".into());
        }
        found
    }

    #[test]
    fn frames_are_found_wherever_reads_cut_them() {
        assert_eq!(frames(9, &[b"ab\0c", b"d", b"\0\0\r\nef\0"]), ["Text(\"ab\")", "Text(\"cd\")", "Text(\"ef\")"]);
        assert_eq!(frames(9, &[b"ab\0cd"]), ["Text(\"ab\")", "cut"]);
    }

    #[test]
    fn a_frame_that_is_too_long_is_named_once_and_the_next_is_read() {
        assert_eq!(frames(3, &[b"abcd", b"efgh", b"ij\0kl\0"]), ["TooLong", "Text(\"kl\")"]);
        assert_eq!(frames(3, &[b"abcd\0kl\0abc\0"]), ["TooLong", "Text(\"kl\")", "Text(\"abc\")"]);
    }

    #[test]
    fn a_frame_that_is_not_text_is_named() {
        assert_eq!(frames(3, &[b"\xff\0a\0"]), ["NotText", "Text(\"a\")"]);
    }

    #[test]
    fn an_endless_frame_costs_no_memory() {
        let mut frames = Frames::new(10);
        for _ in 0..1000 {
            frames.push(&[b'x'; 1000]);
            while frames.next_frame().is_some() {}
        }
        assert!(frames.buffer.capacity() < 10_000);
    }
}
