//! Counts characters of a peer's messages that became U+FFFD, and reports each sort once.

use super::Notice;
use crate::wire::replaced::{Replaced, Sort};

/// Counts of one peer's messages.
#[derive(Debug, Default)]
pub struct Texts {
    counts: [u64; Sort::ALL.len()],
}

impl Texts {
    /// Counts a message, and returns notices for the sorts that occur for the first time.
    #[inline]
    pub fn count(&mut self, replaced: Replaced) -> Vec<Notice> {
        if replaced.is_empty() { Vec::new() } else { self.count_some(replaced) }
    }

    #[cold]
    fn count_some(&mut self, replaced: Replaced) -> Vec<Notice> {
        let mut notices = Vec::new();
        for sort in replaced.sorts() {
            let count = &mut self.counts[sort as usize];
            *count += 1;
            if *count == 1 {
                notices.push(Notice::TextReplaced { cause: sort.words() });
            }
        }
        notices
    }

    /// The number of messages by sort.
    pub fn counts(&self) -> impl Iterator<Item = (Sort, u64)> {
        Sort::ALL.into_iter().map(|sort| (sort, self.counts[sort as usize]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sort_is_said_once_and_every_message_counted() {
        let mut texts = Texts::default();
        assert!(texts.count(Replaced::default()).is_empty());
        let mut both = Replaced::from(Sort::Bytes);
        both.add(Sort::Escape);
        assert_eq!(
            [texts.count(Sort::Bytes.into()).len(), texts.count(both).len(), texts.count(both).len()],
            [1, 1, 0]
        );
        let counts: Vec<u64> = texts.counts().map(|(_, count)| count).collect();
        assert_eq!(counts, [3, 0, 0, 2, 0, 0]);
    }
}
