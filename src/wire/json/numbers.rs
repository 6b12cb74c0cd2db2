//! Numbers: short whole ones directly, others by the standard library.

use super::reader::{Json, Malformed, Token};

/// The most digits that fit into an `i64` whatever they are.
pub(super) const FIT: usize = 18;

impl<'t> Json<'t> {
    /// The value of a key if it is a whole number of few digits without white space around it. Otherwise none, and the
    /// place stays the same.
    #[inline]
    pub fn usual_int(&mut self) -> Option<i64> {
        let bytes = self.text.as_bytes().get(self.at..)?;
        let digits = bytes.iter().map(|byte| byte.wrapping_sub(b'0')).take_while(|digit| *digit < 10);
        let (mut number, mut length) = (0i64, 0);
        for digit in digits {
            number = number.wrapping_mul(10).wrapping_add(i64::from(digit));
            length += 1;
        }
        let is_plain = (1..=FIT).contains(&length) && (length == 1 || bytes[0] != b'0');
        let ends = matches!(bytes.get(length), Some(b',' | b'}'));
        if !is_plain || !ends {
            return None;
        }
        self.at += length;
        Some(number)
    }

    #[inline]
    pub(super) fn number(&mut self) -> Result<Token<'t>, Malformed> {
        let bytes = self.text.as_bytes();
        let negative = bytes[self.at] == b'-';
        let first = self.at + usize::from(negative);
        let mut number: i64 = 0;
        let mut length = 0;
        while let Some(digit) =
            bytes.get(first + length).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10)
        {
            number = number.wrapping_mul(10).wrapping_add(i64::from(digit));
            length += 1;
        }
        let is_plain = number != 0 && length <= FIT && bytes[first] != b'0' || (length == 1 && !negative);
        if !is_plain || matches!(bytes.get(first + length), Some(b'.' | b'e' | b'E')) {
            return self.odd_number();
        }
        self.at = first + length;
        Ok(Token::Int(if negative { -number } else { number }))
    }

    /// A number with many digits, a fraction or an exponent.
    #[cold]
    fn odd_number(&mut self) -> Result<Token<'t>, Malformed> {
        let (end, is_whole) = self.number_end()?;
        let text = &self.text[self.at..end];
        self.at = end;
        // Only floats have a negative zero.
        if is_whole && text != "-0" {
            if let Ok(number) = text.parse() {
                return Ok(Token::Int(number));
            }
            if let Ok(large) = text.parse() {
                return Ok(Token::Large(large));
            }
        }
        Ok(Token::Float(text.parse().map_err(|_| Malformed)?))
    }

    /// The end of the number that begins here, and whether it is a whole number.
    fn number_end(&self) -> Result<(usize, bool), Malformed> {
        let bytes = self.text.as_bytes();
        let digits = |from: usize| {
            let length = bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            if length > 0 { Ok(from + length) } else { Err(Malformed) }
        };
        let first = self.at + usize::from(bytes[self.at] == b'-');
        let whole = digits(first)?;
        if bytes[first] == b'0' && whole > first + 1 {
            return Err(Malformed);
        }
        let mut end = whole;
        if bytes.get(end) == Some(&b'.') {
            end = digits(end + 1)?;
        }
        if let Some(b'e' | b'E') = bytes.get(end) {
            end = digits(end + 1 + usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-'))))?;
        }
        Ok((end, end == whole))
    }
}
