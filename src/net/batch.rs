//! Writes the messages that wait for a connection together, in order: a write costs more than most messages.

use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    sync::mpsc,
};

/// The length, in bytes, from which no more messages are added to a batch.
const LONGEST: usize = 64 << 10;

#[derive(Default)]
pub struct Batch {
    bytes: Vec<u8>,
    /// The number of messages in the batch.
    pub messages: usize,
}

impl Batch {
    /// Takes the next message, and further waiting messages while there is room. Returns false if no message is left
    /// and all senders are gone.
    pub async fn fill<M: AsRef<[u8]>>(&mut self, receiver: &mut mpsc::Receiver<M>) -> bool {
        self.bytes.clear();
        // The room that a long message needed is given back.
        self.bytes.shrink_to(LONGEST);
        self.messages = 0;
        let mut next = receiver.recv().await;
        while let Some(message) = next {
            self.bytes.extend_from_slice(message.as_ref());
            self.messages += 1;
            next = if self.bytes.len() < LONGEST { receiver.try_recv().ok() } else { None };
        }
        self.messages > 0
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Writes the whole batch. Over TLS, part of it may stay in the buffer until it is flushed.
    pub async fn write(&self, writer: &mut (impl AsyncWrite + Unpin)) -> std::io::Result<()> {
        writer.write_all(&self.bytes).await?;
        writer.flush().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_waits_is_one_piece_in_order_and_bounded() {
        let (sender, mut receiver) = mpsc::channel(1000);
        let mut batch = Batch::default();
        for number in 0..3u8 {
            sender.send(vec![number; 2]).await.unwrap();
        }
        assert!(batch.fill(&mut receiver).await);
        assert_eq!((batch.bytes.as_slice(), batch.messages), (&[0, 0, 1, 1, 2, 2][..], 3));
        for _ in 0..10 {
            sender.send(vec![7; LONGEST / 4 + 1]).await.unwrap();
        }
        assert!(batch.fill(&mut receiver).await);
        assert_eq!((batch.messages, batch.len()), (4, LONGEST + 4));
        drop(sender);
        let mut rest = 0;
        while batch.fill(&mut receiver).await {
            rest += batch.messages;
        }
        assert_eq!((rest, batch.len()), (6, 0));
    }
}
