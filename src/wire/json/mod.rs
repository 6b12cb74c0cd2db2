//! Strict JSON, read once from beginning to end. No tree is built: at each place the caller says what it expects, so that
//! keys are compared in place and unwanted values are skipped as fast as a text search. The meaning of keys and values
//! belongs to `vocabulary`; texts that are almost JSON are mended by `tolerant`.

mod numbers;
mod reader;
mod texts;

pub use reader::{Json, Malformed, Token};

#[cfg(test)]
mod tests;
