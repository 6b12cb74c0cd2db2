//! Frames in a stream of bytes, each with an end byte: NUL on a platform's stream, a line feed in files of lines. A frame above
//! the limit is reported and skipped to its end; the stream goes on after it. The content of frames is not looked at.

use super::tolerant::without_bom;

/// A frame that was found in the stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame<'b> {
    /// A frame, for [`super::tolerant::decode`].
    Whole(&'b [u8]),
    /// The frame was longer than the limit; it was dropped.
    TooLong,
}

/// Finds frames in the bytes of each read without copying them. The unfinished end of a read is kept for the next one, up
/// to the limit of one frame.
#[derive(Debug)]
pub struct Frames {
    /// The beginning of the next frame, or a frame of several reads that was handed out.
    pending: Vec<u8>,
    handed_out: bool,
    limit: usize,
    end: u8,
    skipping: bool,
}

impl Frames {
    /// `limit` is the length of the longest frame in bytes, without its `end`.
    pub fn new(limit: usize, end: u8) -> Frames {
        Frames { pending: Vec::new(), handed_out: false, limit, end, skipping: false }
    }

    /// The next whole frame of the bytes read so far; none if there is no other. Some senders add empty frames, line
    /// ends around frames and byte-order marks before them: these are skipped.
    pub fn next_frame<'f, 'b: 'f>(&'f mut self, bytes: &mut &'b [u8]) -> Option<Frame<'f>> {
        loop {
            if std::mem::take(&mut self.handed_out) {
                self.pending.clear();
            }
            let Some(length) = memchr::memchr(self.end, bytes) else {
                let rest = std::mem::take(bytes);
                if self.skipping {
                    return None;
                }
                if self.pending.len() + rest.len() > self.limit {
                    self.pending.clear();
                    self.skipping = true;
                    return Some(Frame::TooLong);
                }
                self.pending.extend_from_slice(rest);
                return None;
            };
            let (frame, rest) = bytes.split_at(length);
            *bytes = &rest[1..];
            if std::mem::take(&mut self.skipping) {
                continue;
            }
            self.handed_out = true;
            if self.pending.len() + frame.len() > self.limit {
                return Some(Frame::TooLong);
            }
            if !self.pending.is_empty() {
                self.pending.extend_from_slice(frame);
            }
            if self.whole(frame).is_empty() {
                continue;
            }
            return Some(Frame::Whole(self.whole(frame)));
        }
    }

    /// The whole frame, given its last part.
    fn whole<'f>(&'f self, end: &'f [u8]) -> &'f [u8] {
        let whole = if self.pending.is_empty() { end } else { &self.pending };
        without_bom(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(limit: usize, reads: &[&[u8]]) -> Vec<String> {
        let mut frames = Frames::new(limit, 0);
        let mut found = Vec::new();
        for read in reads {
            let mut rest = *read;
            while let Some(frame) = frames.next_frame(&mut rest) {
                found.push(match frame {
                    Frame::Whole(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                    Frame::TooLong => "TooLong".into(),
                });
            }
        }
        found
    }

    #[test]
    fn frames_are_found_wherever_reads_cut_them() {
        assert_eq!(frames(9, &[b"ab\0c", b"d", b"\0\0\r\nef\0"]), ["ab", "cd", "ef"]);
        assert_eq!(frames(9, &[b"ab\0cd"]), ["ab"]);
        assert_eq!(frames(9, &[b"a", b"b\0c", b"d\0\0e\0f", b"\0"]).len(), 4);
    }

    #[test]
    fn a_frame_that_is_too_long_is_named_once_and_the_next_is_read() {
        assert_eq!(frames(3, &[b"abcd", b"efgh", b"ij\0kl\0"]), ["TooLong", "kl"]);
        assert_eq!(frames(3, &[b"abcd\0kl\0abc\0"]), ["TooLong", "kl", "abc"]);
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_frame() {
        assert_eq!(frames(9, &[b"\xef\xbb", b"\xbf\0\xef\xbb\xbf \xef\xbb\xbfab\0\xffc\0"]), ["ab", "\u{fffd}c"]);
    }

    #[test]
    fn an_endless_frame_costs_no_memory() {
        let mut frames = Frames::new(10, 0);
        for _ in 0..1000 {
            let mut rest = &[b'x'; 1000][..];
            while frames.next_frame(&mut rest).is_some() {}
        }
        assert!(frames.pending.capacity() < 10_000);
    }

    #[test]
    fn lines_are_frames_that_end_in_a_line_feed() {
        let mut frames = Frames::new(4, b'\n');
        let mut rest = &b"one\r\n\ntwo\nthree\nfo"[..];
        assert_eq!(frames.next_frame(&mut rest), Some(Frame::Whole(b"one")));
        assert_eq!(frames.next_frame(&mut rest), Some(Frame::Whole(b"two")));
        assert_eq!(frames.next_frame(&mut rest), Some(Frame::TooLong));
        assert_eq!(frames.next_frame(&mut rest), None);
    }
}
