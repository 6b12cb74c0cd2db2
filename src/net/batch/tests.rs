//! Whatever a writer takes at a time, it gets the same bytes.

use std::{
    io::IoSlice,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;

use super::*;
use crate::{
    net::{outbox::outbox, series::Gathered},
    port::{Connection, Shared},
};

/// Takes at most so many bytes at a time, of as many slices as are offered.
struct Grudging {
    most: usize,
    taken: Vec<u8>,
    /// How many slices were offered, write by write.
    offered: Vec<usize>,
}

impl Grudging {
    fn new(most: usize) -> Grudging {
        Grudging { most, taken: Vec::new(), offered: Vec::new() }
    }
}

impl AsyncWrite for Grudging {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let all: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
        let count = all.len().min(self.most);
        self.taken.extend_from_slice(&all[..count]);
        self.offered.push(slices.len());
        Poll::Ready(Ok(count))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A series as one stream gets it.
fn series(messages: &[Shared], first: u32) -> Frame {
    let to = |place: usize| vec![(Connection::accepted(1), first.wrapping_add(place as u32))];
    let mut gathered = Gathered::new(&messages[0], to(0));
    let mut more = messages.iter().enumerate().skip(1);
    assert!(more.all(|(place, message)| gathered.join(message, &to(place))));
    gathered.frames().next().unwrap().1
}

/// Frames of all sorts: series of some messages, with and without a number, whose number stands first or last, and messages
/// of their own, of which some are empty.
fn frames() -> Vec<Frame> {
    let message = |place: usize| {
        let text = Bytes::from(format!("{{\"sequence\":,\"place\":\"{}\"}}\0", "x".repeat(place % 7)));
        let number_at = [Some(12), None, Some(0), Some(text.len())][place % 4];
        Shared { text, number_at }
    };
    let mut frames = Vec::new();
    for place in 0..20 {
        let messages: Vec<Shared> = (place..place + 1 + place % 3).map(message).collect();
        frames.push(series(&messages, (place as u32 + 1).pow(6)));
        frames.push(if place % 4 == 0 { Bytes::new() } else { message(place).text }.into());
    }
    frames
}

async fn write(frames: &[Frame], most: usize) -> Grudging {
    let (putter, taker) = outbox();
    let all = frames.iter().map(Frame::len).sum::<usize>();
    frames.iter().for_each(|frame| drop(putter.put(frame.clone())));
    drop(putter);
    let mut writer = Grudging::new(most);
    let mut batch = Batch::default();
    let mut counted = Written::default();
    while batch.fill(&taker).await {
        while !batch.is_empty() {
            let Written { messages, bytes } = batch.write(&mut writer).await.unwrap();
            counted.messages += messages;
            counted.bytes += bytes;
            assert!(counted.bytes <= writer.taken.len(), "only what was taken whole is counted");
        }
    }
    assert_eq!(counted, Written { messages: frames.iter().map(Frame::messages).sum(), bytes: all });
    writer
}

#[tokio::test]
async fn a_writer_that_takes_little_at_a_time_gets_the_same_bytes() {
    let frames = frames();
    let expected: Vec<u8> = frames.iter().flat_map(|frame| frame.clone().into_bytes()).collect();
    for most in (1..80).chain([1000, usize::MAX]) {
        assert_eq!(write(&frames, most).await.taken, expected, "{most} at a time");
    }
}

#[tokio::test]
async fn everything_that_waits_is_one_write_up_to_a_bound() {
    assert_eq!(write(&frames()[..10], usize::MAX).await.offered.len(), 1);
    // Bounded by parts.
    let numbered = Shared { text: Bytes::from_static(b"ab"), number_at: Some(1) };
    let many: Vec<Frame> = (0..1000).map(|number| series(std::slice::from_ref(&numbered), number)).collect();
    assert_eq!(write(&many, usize::MAX).await.offered, [999, 999, 999, 3]);
    let long = series(&vec![numbered; 256], 1);
    assert_eq!(write(&vec![long; 3], usize::MAX).await.offered, [513; 3]);
    // Bounded by bytes.
    let long = Frame::from(Bytes::from(vec![b'x'; LONGEST / 2 + 1]));
    assert_eq!(write(&vec![long; 5], usize::MAX).await.offered, [2, 2, 1]);
}

#[tokio::test]
async fn a_writer_that_takes_nothing_is_an_error() {
    let (putter, taker) = outbox();
    let _ = putter.put(Bytes::from_static(b"x").into());
    let mut batch = Batch::default();
    assert!(batch.fill(&taker).await);
    let error = batch.write(&mut Grudging::new(0)).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::WriteZero);
}
