//! Cuts a statement into words, quoted parts and signs, as ClickHouse's own lexer does.
//!
//! What the two might read differently is an error here, so that nothing can hide behind a quote
//! that only one of them sees.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// An identifier, keyword or number outside quotes.
    Word,
    /// A string literal, or an identifier in double quotes or backticks.
    Quoted,
    /// Any single other character.
    Sign(u8),
}

/// A piece of a statement that is neither blank nor comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: TokenKind,
    /// Its text, quotes included.
    pub text: &'a [u8],
    /// Where it ends in the statement.
    pub end: usize,
    /// How many parentheses, brackets and braces are open around it.
    pub depth: usize,
}

impl Token<'_> {
    /// Whether this is the keyword `word`, in any case.
    pub fn is(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(word.as_bytes())
    }

    /// Whether this is the sign `sign`.
    pub fn is_sign(&self, sign: u8) -> bool {
        self.kind == TokenKind::Sign(sign)
    }

    /// Whether this is a string literal.
    pub fn is_string(&self) -> bool {
        self.kind == TokenKind::Quoted && self.text.starts_with(b"'")
    }

    /// What stands between the quotes; a word as it is.
    pub fn inner(&self) -> &[u8] {
        match self.kind {
            TokenKind::Quoted => &self.text[1..(self.text.len() - 1).max(1)],
            TokenKind::Word | TokenKind::Sign(_) => self.text,
        }
    }
}

/// Why a text cannot be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LexError {
    /// A quote or comment has no end, as far as the text is known.
    #[error("a quote or comment is not closed")]
    Unterminated,
    /// A character outside quotes that ClickHouse may take for a quote or a blank.
    #[error("outside quotes, characters beyond ASCII, control characters and $ are not taken")]
    Ambiguous,
}

/// The tokens of `sql`, one by one; after an error there are no more.
pub fn tokens(sql: &[u8]) -> impl Iterator<Item = Result<Token<'_>, LexError>> {
    Lexer {
        sql,
        at: 0,
        depth: 0,
        failed: false,
    }
}

struct Lexer<'a> {
    sql: &'a [u8],
    at: usize,
    depth: usize,
    failed: bool,
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Result<Token<'a>, LexError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let token = self.token().transpose();
        self.failed = matches!(token, Some(Err(_)));
        token
    }
}

impl<'a> Lexer<'a> {
    fn token(&mut self) -> Result<Option<Token<'a>>, LexError> {
        self.skip_blanks()?;
        let start = self.at;
        let Some(&first) = self.sql.get(start) else {
            return Ok(None);
        };
        let mut depth = self.depth;
        let kind = match first {
            b'\'' | b'"' | b'`' => {
                self.at = self.end_of_quote(first)?;
                TokenKind::Quoted
            }
            byte if is_word(byte) => {
                let rest = &self.sql[start..];
                let length = rest.iter().position(|byte| !is_word(*byte));
                self.at += length.unwrap_or(rest.len());
                TokenKind::Word
            }
            // Typographic quotes and blanks, and `$$` with anything between the dollars.
            byte if !byte.is_ascii_graphic() || byte == b'$' => return Err(LexError::Ambiguous),
            byte => {
                self.at += 1;
                match byte {
                    b'(' | b'[' | b'{' => self.depth += 1,
                    b')' | b']' | b'}' => {
                        self.depth = self.depth.saturating_sub(1);
                        depth = self.depth;
                    }
                    _ => {}
                }
                TokenKind::Sign(byte)
            }
        };
        Ok(Some(Token {
            kind,
            text: &self.sql[start..self.at],
            end: self.at,
            depth,
        }))
    }

    /// Where the quoted part that begins here ends: at the same quote, neither doubled nor
    /// behind a backslash.
    fn end_of_quote(&self, quote: u8) -> Result<usize, LexError> {
        let mut at = self.at + 1;
        loop {
            match self.sql.get(at) {
                None => return Err(LexError::Unterminated),
                Some(b'\\') => at += 2,
                Some(byte) if *byte == quote => {
                    if self.sql.get(at + 1) == Some(&quote) {
                        at += 2;
                    } else {
                        return Ok(at + 1);
                    }
                }
                Some(_) => at += 1,
            }
        }
    }

    fn skip_blanks(&mut self) -> Result<(), LexError> {
        loop {
            let rest = &self.sql[self.at..];
            match rest {
                [b' ' | b'\t' | b'\n' | b'\r' | 0x0B | 0x0C, ..] => self.at += 1,
                [b'-', b'-', ..] | [b'#', b' ' | b'!', ..] => {
                    self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                }
                [b'/', b'*', ..] => {
                    let end = memchr::memmem::find(&rest[2..], b"*/");
                    self.at += end.ok_or(LexError::Unterminated)? + 4;
                }
                _ => return Ok(()),
            }
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::{LexError, tokens};

    fn words(sql: &str) -> Result<Vec<String>, LexError> {
        tokens(sql.as_bytes())
            .map(|token| token.map(|token| String::from_utf8_lossy(token.text).into_owned()))
            .collect()
    }

    #[test]
    fn quotes_and_comments_hide_their_text() {
        let sql = "SELECT 'a; -- b', `c``d`, \"e\\\"f\" /* ; */ -- g\n FROM t # h\n;";
        let expected = [
            "SELECT",
            "'a; -- b'",
            ",",
            "`c``d`",
            ",",
            "\"e\\\"f\"",
            "FROM",
            "t",
            ";",
        ];
        assert_eq!(words(sql).unwrap(), expected);
    }

    #[test]
    fn what_may_be_read_in_two_ways_is_refused() {
        for sql in [
            "SELECT ‘a’",
            "FROM\u{a0}INFILE",
            "SELECT $$ 'a $$",
            "a$b$",
            "SELECT \0",
        ] {
            assert_eq!(words(sql), Err(LexError::Ambiguous), "{sql}");
        }
        assert!(words("SELECT 'ä$' -- ‘").is_ok());
        assert_eq!(words("SELECT 'a"), Err(LexError::Unterminated));
        assert_eq!(words("SELECT /* a"), Err(LexError::Unterminated));
    }

    #[test]
    fn depth_counts_open_parentheses() {
        let depths: Vec<_> = tokens(b"a (b [c]) d")
            .map(|token| token.unwrap().depth)
            .collect();
        assert_eq!(depths, [0, 0, 1, 1, 2, 1, 0, 0]);
    }
}
