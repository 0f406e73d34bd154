//! LZ-String in its base64 form, which old posthog-js versions send as
//! `compression=lz64`: an LZ78 variant over UTF-16 units whose codes grow a
//! bit at a time. Six bits come out of each character, highest first; codes
//! are put together lowest bit first.

use super::EncodingError;

const BROKEN: EncodingError = EncodingError::Broken("lz64");

/// Decodes to UTF-8 text of at most `bytes_max` bytes. A lone surrogate, which
/// can only stand in a JSON string, becomes its JSON escape.
///
/// # Errors
/// [`EncodingError::Broken`], or [`EncodingError::TooLarge`] as soon as the
/// output passes the limit.
pub fn decode_lz64(text: &[u8], bytes_max: usize) -> Result<Vec<u8>, EncodingError> {
    // Nearly all bodies are ASCII: half the bytes to copy, and nothing to convert.
    let mut decoder = Decoder::<u8>::new(text);
    let Some(unit) = decoder.run(bytes_max)? else {
        return Ok(decoder.out.finish());
    };
    let mut decoder = decoder.widened();
    decoder.take_fresh(unit);
    decoder.run(bytes_max)?;
    to_utf8(&decoder.out.finish(), bytes_max)
}

fn to_utf8(units: &[u16], bytes_max: usize) -> Result<Vec<u8>, EncodingError> {
    let mut out = Vec::with_capacity(units.len() + units.len() / 8);
    let mut rest = units;
    while !rest.is_empty() {
        let (ascii, others) = rest.split_at(ascii_length(rest));
        out.extend(ascii.iter().map(|unit| *unit as u8));
        let (others, after) = others.split_at(others_length(others));
        push_units(&mut out, others);
        if out.len() > bytes_max {
            return Err(EncodingError::TooLarge(bytes_max));
        }
        rest = after;
    }
    Ok(out)
}

/// How many units from the start are ASCII.
fn ascii_length(units: &[u16]) -> usize {
    units.iter().take_while(|unit| **unit < 0x80).count()
}

/// How many units from the start are not.
fn others_length(units: &[u16]) -> usize {
    units.iter().take_while(|unit| **unit >= 0x80).count()
}

fn push_units(out: &mut Vec<u8>, units: &[u16]) {
    for unit in char::decode_utf16(units.iter().copied()) {
        match unit {
            Ok(character) => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            Err(lone) => {
                let escape = format!("\\u{:04x}", lone.unpaired_surrogate());
                out.extend_from_slice(escape.as_bytes());
            }
        }
    }
}

/// A phrase of the dictionary: a run of the output.
#[derive(Clone, Copy)]
struct Phrase {
    start: u32,
    length: u32,
}

/// More output than any limit allows; what begins below it ends within 32 bits.
const UNITS_MAX: usize = 1 << 31;

/// Codes below this one are commands: a new 8-bit unit, a new 16-bit unit, end.
const COMMANDS: usize = 3;

/// What the output is made of: UTF-16 units, or those of them that are ASCII.
trait Unit: Copy + Default {
    fn of(unit: u16) -> Option<Self>;
}

impl Unit for u8 {
    fn of(unit: u16) -> Option<Self> {
        Self::try_from(unit).ok().filter(u8::is_ascii)
    }
}

impl Unit for u16 {
    fn of(unit: u16) -> Option<Self> {
        Some(unit)
    }
}

/// The output, with room behind it: most phrases are short, and copying so many
/// units takes one instruction where a length that varies takes a call.
struct Output<U> {
    units: Vec<U>,
    length: usize,
}

/// Units that are copied at once.
const AT_ONCE: usize = 16;

impl<U: Unit> Output<U> {
    const fn new() -> Self {
        Self {
            units: Vec::new(),
            length: 0,
        }
    }

    fn finish(mut self) -> Vec<U> {
        self.units.truncate(self.length);
        self.units
    }

    fn push(&mut self, unit: U) {
        self.make_room(1);
        self.units[self.length] = unit;
        self.length += 1;
    }

    /// Puts a phrase that stands in it out again.
    fn repeat(&mut self, phrase: Phrase) {
        let (start, length) = (phrase.start as usize, phrase.length as usize);
        self.make_room(length.max(AT_ONCE));
        // What is copied beyond the phrase is written over by the next one.
        if length <= AT_ONCE {
            self.units.copy_within(start..start + AT_ONCE, self.length);
        } else {
            self.units.copy_within(start..start + length, self.length);
        }
        self.length += length;
    }

    fn make_room(&mut self, units: usize) {
        let needed = self.length + units;
        if self.units.len() < needed {
            self.units.resize(needed * 2, U::default());
        }
    }
}

struct Decoder<'a, U> {
    bits: Bits<'a>,
    out: Output<U>,
    /// Every phrase but a fresh unit is the phrase before plus one unit, so it
    /// already stands in the output as a run.
    phrases: Vec<Phrase>,
    /// The last one that was put out; none yet if it is empty.
    previous: Phrase,
    width: Width,
}

impl<'a, U: Unit> Decoder<'a, U> {
    fn new(text: &'a [u8]) -> Self {
        Self {
            bits: Bits::new(text),
            out: Output::new(),
            phrases: Vec::new(),
            previous: Phrase {
                start: 0,
                length: 0,
            },
            width: Width {
                bits: 2,
                until_wider: usize::MAX,
            },
        }
    }

    /// Goes on to the end, or up to a fresh unit that is no `U`.
    fn run(&mut self, units_max: usize) -> Result<Option<u16>, EncodingError> {
        let units_max = units_max.min(UNITS_MAX);
        loop {
            let code = self.bits.take(self.width.bits)?;
            match code {
                0 | 1 => {
                    let unit = self.bits.take(8 << code)?;
                    let unit = u16::try_from(unit).map_err(|_| BROKEN)?;
                    match U::of(unit) {
                        Some(unit) => self.take_fresh(unit),
                        None => return Ok(Some(unit)),
                    }
                }
                2 => return Ok(None),
                _ => self.take_known(code - COMMANDS)?,
            }
            if self.out.length > units_max {
                return Err(EncodingError::TooLarge(units_max));
            }
            if self.width.bits > WIDTH_MAX {
                return Err(BROKEN);
            }
        }
    }

    /// Puts a unit out that was not there before.
    fn take_fresh(&mut self, unit: U) {
        let fresh = Phrase {
            start: self.out.length as u32,
            length: 1,
        };
        self.out.push(unit);
        self.phrases.push(fresh);
        if self.previous.length == 0 {
            self.previous = fresh;
            self.width = Width {
                bits: 3,
                until_wider: 4,
            };
            return;
        }
        self.width.count();
        self.learn(fresh);
    }

    /// Puts the phrase numbered `index` out again.
    fn take_known(&mut self, index: usize) -> Result<(), EncodingError> {
        let start = self.out.length as u32;
        let length = if let Some(phrase) = self.phrases.get(index) {
            if phrase.start + phrase.length > start {
                return Err(BROKEN);
            }
            self.out.repeat(*phrase);
            phrase.length
        } else {
            // The phrase that is just being made: the one before and its own
            // first unit.
            let previous = self.previous;
            if index != self.phrases.len() || previous.length == 0 {
                return Err(BROKEN);
            }
            self.out.repeat(previous);
            self.out.push(self.out.units[previous.start as usize]);
            previous.length + 1
        };
        self.learn(Phrase { start, length });
        Ok(())
    }

    /// The phrase before and the unit behind it are a phrase from now on.
    fn learn(&mut self, latest: Phrase) {
        self.phrases.push(Phrase {
            start: self.previous.start,
            length: self.previous.length + 1,
        });
        self.previous = latest;
        self.width.count();
    }
}

impl<'a> Decoder<'a, u8> {
    fn widened(self) -> Decoder<'a, u16> {
        Decoder {
            bits: self.bits,
            out: Output {
                length: self.out.length,
                units: self.out.units.into_iter().map(u16::from).collect(),
            },
            phrases: self.phrases,
            previous: self.previous,
            width: self.width,
        }
    }
}

/// Most bits of a code; a body of that many phrases is over every limit.
const WIDTH_MAX: u32 = 30;

/// How many bits a code has: one more whenever the dictionary has doubled.
struct Width {
    bits: u32,
    until_wider: usize,
}

impl Width {
    fn count(&mut self) {
        self.until_wider -= 1;
        if self.until_wider == 0 {
            self.until_wider = 1 << self.bits;
            self.bits += 1;
        }
    }
}

/// Bits out of base64 characters. The first bit of a character is its highest
/// and of a code its lowest, so characters are turned around and stacked up.
struct Bits<'a> {
    text: &'a [u8],
    stacked: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self {
            text: text.trim_ascii(),
            stacked: 0,
            count: 0,
        }
    }

    /// The next `count` bits, at most [`WIDTH_MAX`].
    fn take(&mut self, count: u32) -> Result<usize, EncodingError> {
        while self.count < count {
            self.stack()?;
        }
        let value = self.stacked & ((1 << count) - 1);
        self.stacked >>= count;
        self.count -= count;
        usize::try_from(value).map_err(|_| BROKEN)
    }

    /// Stacks four characters up, or one if one of four is none of base64: it may
    /// stand behind the end.
    fn stack(&mut self) -> Result<(), EncodingError> {
        if let Some((four, rest)) = self.text.split_first_chunk() {
            let [one, two, three, four] = four.map(|byte| u32::from(TURNED[usize::from(byte)]));
            if (one | two | three | four) < 1 << 6 {
                self.push(one | two << 6 | three << 12 | four << 18, 24);
                self.text = rest;
                return Ok(());
            }
        }
        let (first, rest) = self.text.split_first().ok_or(BROKEN)?;
        let turned = TURNED[usize::from(*first)];
        if turned == NOT_BASE64 {
            return Err(BROKEN);
        }
        self.push(u32::from(turned), 6);
        self.text = rest;
        Ok(())
    }

    fn push(&mut self, bits: u32, count: u32) {
        self.stacked |= u64::from(bits) << self.count;
        self.count += count;
    }
}

const NOT_BASE64: u8 = 0xff;
/// The six bits of each base64 character, the first one lowest.
static TURNED: [u8; 256] = turned();

const fn turned() -> [u8; 256] {
    let mut table = [NOT_BASE64; 256];
    let mut byte = 0;
    while byte < 256 {
        if let Some(value) = sextet(byte as u8) {
            table[byte] = value.reverse_bits() >> 2;
        }
        byte += 1;
    }
    table
}

const fn sextet(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' | b' ' => 62,
        b'/' | b'_' => 63,
        b'=' => 0,
        _ => return None,
    })
}

#[cfg(test)]
#[path = "lz64_tests.rs"]
mod tests;
