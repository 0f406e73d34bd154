//! A row's text: names, ids, properties.

use std::ops::Range;

use bytes::Bytes;
use event_schema::envelope::{Member, Members};
use event_schema::hot::{HOT, index_of};
use event_schema::property::{self, Stored};

/// Bytes of text that a row takes beside its record's, most often.
const BESIDE_EXPECTED: usize = 64;

/// A piece of a row's text: of its record, or of what lies beside it.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    start: u32,
    len: u32,
}

impl Span {
    /// The bit of `start` that says beside. A record is far below 2 GiB.
    const BESIDE: u32 = 1 << 31;
}

/// A row's text. What stands in the record as it is stored, which is nearly
/// all, is not copied; the rest lies in one buffer.
#[derive(Clone)]
pub(super) struct Content {
    record: Bytes,
    pub(super) beside: String,
    event: Span,
    distinct_id: Span,
    /// Bit `i`: hot column `i` was derived.
    pub(super) derived_mask: u64,
    /// Bit `i`: hot column `i` has a text.
    hot_mask: u64,
    hot: [Span; HOT.len()],
    props: Vec<(Span, Span)>,
    restore: Vec<(Span, Span)>,
}

impl Content {
    /// That of an event without properties.
    pub(super) fn new(record: Bytes, event: &str, distinct_id: &str) -> Self {
        let mut content = Self {
            record,
            beside: String::new(),
            event: Span::default(),
            distinct_id: Span::default(),
            derived_mask: 0,
            hot_mask: 0,
            hot: [Span::default(); HOT.len()],
            props: Vec::new(),
            restore: Vec::new(),
        };
        content.event = content.keep(event);
        content.distinct_id = content.keep(distinct_id);
        content
    }

    pub(super) fn event(&self) -> &str {
        self.text(self.event)
    }

    pub(super) fn distinct_id(&self) -> &str {
        self.text(self.distinct_id)
    }

    /// The text of hot column `index`, sent or derived.
    pub(super) fn hot(&self, index: usize) -> Option<&str> {
        let span = *self.hot.get(index)?;
        (!self.is_free(index)).then(|| self.text(span))
    }

    /// The text of a property that has no column of its own.
    pub(super) fn property(&self, name: &str) -> Option<&str> {
        let is_it = |(found, _): &&(Span, Span)| self.bytes(*found) == name.as_bytes();
        let found = self.props.iter().find(is_it);
        found.map(|(_, value)| self.text(*value))
    }

    pub(super) fn props(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.texts(&self.props)
    }

    pub(super) fn restore(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.texts(&self.restore)
    }

    /// Adds what the client sent; of each name there is one.
    pub(super) fn add_sent(&mut self, members: &Members<'_>) {
        let members = members.iter();
        self.props.reserve_exact(members.len());
        for Member {
            name,
            raw,
            is_escaped,
        } in members
        {
            let Stored { text, restore } = property::encode_scanned(raw, *is_escaped);
            if let Some(text) = text {
                let span = self.keep(&text);
                match index_of(name) {
                    Some(index) => self.set_hot(index, span),
                    None => {
                        let name = self.keep(name);
                        self.props.push((name, span));
                    }
                }
            }
            if let Some(restore) = restore {
                let pair = (self.keep(name), self.keep(&restore));
                self.restore.push(pair);
            }
        }
    }

    /// Adds hot column `index` as derived, unless it has a text.
    pub(super) fn derive(&mut self, index: usize, text: &str) {
        if self.is_free(index) {
            let span = self.keep(text);
            self.set_derived(index, span);
        }
    }

    /// The same of a text that is the bytes `part` of hot column `source`.
    pub(super) fn derive_part(&mut self, index: usize, source: usize, part: Range<usize>) {
        let is_part = |text: &str| text.get(part.clone()).is_some();
        if self.is_free(index) && self.hot(source).is_some_and(is_part) {
            let span = Span {
                start: self.hot[source].start + part.start as u32,
                len: part.len() as u32,
            };
            self.set_derived(index, span);
        }
    }

    /// Bytes that it holds beside the record.
    pub(super) fn size(&self) -> usize {
        size_of::<Self>()
            + self.beside.capacity()
            + (self.props.capacity() + self.restore.capacity()) * size_of::<(Span, Span)>()
    }

    fn is_free(&self, index: usize) -> bool {
        index < HOT.len() && self.hot_mask >> index & 1 == 0
    }

    fn set_derived(&mut self, index: usize, span: Span) {
        self.set_hot(index, span);
        self.derived_mask |= 1 << index;
    }

    fn set_hot(&mut self, index: usize, span: Span) {
        self.hot[index] = span;
        self.hot_mask |= 1 << index;
    }

    /// Where `text` is: in the record, if it is a part of that, else it is
    /// appended to what lies beside.
    fn keep(&mut self, text: &str) -> Span {
        let len = text.len() as u32;
        let from = text.as_ptr().addr();
        let at = from.checked_sub(self.record.as_ptr().addr());
        if let Some(at) = at.filter(|at| at + text.len() <= self.record.len()) {
            let start = at as u32;
            return Span { start, len };
        }
        if self.beside.capacity() == 0 {
            // For what is derived of most events.
            self.beside.reserve(BESIDE_EXPECTED);
        }
        let start = self.beside.len() as u32 | Span::BESIDE;
        self.beside.push_str(text);
        Span { start, len }
    }

    fn bytes(&self, span: Span) -> &[u8] {
        let text = if span.start & Span::BESIDE == 0 {
            &*self.record
        } else {
            self.beside.as_bytes()
        };
        let start = (span.start & !Span::BESIDE) as usize;
        text.get(start..start + span.len as usize)
            .unwrap_or_default()
    }

    fn text(&self, span: Span) -> &str {
        std::str::from_utf8(self.bytes(span)).unwrap_or_default()
    }

    fn texts<'a>(
        &'a self,
        pairs: &'a [(Span, Span)],
    ) -> impl ExactSizeIterator<Item = (&'a str, &'a str)> {
        pairs
            .iter()
            .map(|(name, value)| (self.text(*name), self.text(*value)))
    }
}

/// A row's text as bytes, which is how it is written.
#[derive(Clone, Copy)]
pub(crate) struct RowBytes<'a>(pub(super) &'a Content);

impl<'a> RowBytes<'a> {
    pub(crate) fn event(self) -> &'a [u8] {
        self.0.bytes(self.0.event)
    }

    pub(crate) fn distinct_id(self) -> &'a [u8] {
        self.0.bytes(self.0.distinct_id)
    }

    /// The hot columns that are set: their places and texts.
    pub(crate) fn hot(self) -> impl Iterator<Item = (usize, &'a [u8])> {
        let mut left = self.0.hot_mask;
        std::iter::from_fn(move || {
            let index = left.trailing_zeros() as usize;
            let span = self.0.hot.get(index)?;
            left &= left - 1;
            Some((index, self.0.bytes(*span)))
        })
    }

    pub(crate) fn props(self) -> impl ExactSizeIterator<Item = (&'a [u8], &'a [u8])> {
        self.pairs(&self.0.props)
    }

    pub(crate) fn restore(self) -> impl ExactSizeIterator<Item = (&'a [u8], &'a [u8])> {
        self.pairs(&self.0.restore)
    }

    fn pairs(
        self,
        pairs: &'a [(Span, Span)],
    ) -> impl ExactSizeIterator<Item = (&'a [u8], &'a [u8])> {
        let pairs = pairs.iter();
        pairs.map(move |(name, value)| (self.0.bytes(*name), self.0.bytes(*value)))
    }
}
