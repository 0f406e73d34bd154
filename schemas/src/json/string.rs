//! Strings of JSON text: how far one is plain, and how one is written.

/// How many bytes from the start of `bytes` stand for themselves in a JSON
/// string: no quote, no backslash, no control character. Eight bytes at a time.
#[must_use]
pub fn plain_length(bytes: &[u8]) -> usize {
    // Most keys and many values end within the first word.
    let Some((first, rest)) = bytes.split_first_chunk::<8>() else {
        return plain_tail(bytes);
    };
    let found = special_bytes(u64::from_le_bytes(*first));
    if found != 0 {
        return first_of(found);
    }
    let (words, tail) = rest.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let found = special_bytes(u64::from_le_bytes(*word));
        if found != 0 {
            return 8 + index * 8 + first_of(found);
        }
    }
    8 + words.len() * 8 + plain_tail(tail)
}

/// The same, byte by byte.
fn plain_tail(bytes: &[u8]) -> usize {
    let is_plain = |byte: &&u8| **byte >= b' ' && **byte != b'"' && **byte != b'\\';
    bytes.iter().take_while(is_plain).count()
}

/// The byte in which the lowest bit of `found` is set.
#[inline]
fn first_of(found: u64) -> usize {
    found.trailing_zeros() as usize / 8
}

/// A word whose lowest bit that is set lies in the first byte of `word` that is
/// not plain; zero when all are.
#[inline]
fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);
    // Turned by 2, the quote is the first byte behind the control characters,
    // which stay among themselves: one comparison finds both.
    let quote_or_control = (word ^ (ONES * 0x02)).wrapping_sub(ONES * 0x21);
    let backslash = (word ^ (ONES * 0x5c)).wrapping_sub(ONES);
    (quote_or_control | backslash) & !word & HIGHS
}

/// Appends `text` as a JSON string.
pub fn write_string(out: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    out.push(b'"');
    loop {
        let (plain, special) = rest.split_at(plain_length(rest));
        out.extend_from_slice(plain);
        let Some((&byte, behind)) = special.split_first() else {
            break;
        };
        write_escape(out, byte);
        rest = behind;
    }
    out.push(b'"');
}

/// The shortest escape of a quote, a backslash or a control character.
#[cold]
fn write_escape(out: &mut Vec<u8>, byte: u8) {
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        0x0c => b'f',
        b'\r' => b'r',
        _ => {
            let digit = |value: u8| {
                if value < 10 {
                    b'0' + value
                } else {
                    b'a' + value - 10
                }
            };
            out.extend_from_slice(b"\\u00");
            out.extend_from_slice(&[digit(byte >> 4), digit(byte & 0x0f)]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near_special() -> impl Strategy<Value = u8> {
        prop_oneof![any::<u8>(), 0x1f_u8..0x24, 0x5b_u8..0x5e, 0x7e_u8..0x82]
    }

    proptest! {
        #[test]
        fn the_plain_run_ends_where_a_simple_loop_says(bytes in proptest::collection::vec(near_special(), 0..64)) {
            let is_plain = |byte: &&u8| **byte >= 0x20 && **byte != b'"' && **byte != b'\\';
            prop_assert_eq!(plain_length(&bytes), bytes.iter().take_while(is_plain).count());
        }

        #[test]
        fn one_special_byte_is_found_wherever_it_stands(length in 0_usize..80, at in 0_usize..80, byte in near_special()) {
            let mut bytes = vec![b'\x7f'; length];
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            let is_special = at < length && (byte < 0x20 || byte == b'"' || byte == b'\\');
            prop_assert_eq!(plain_length(&bytes), if is_special { at } else { length });
        }

        #[test]
        fn strings_are_written_as_the_library_writes_them(text in "(?s).{0,20}[\\x00-\\x23\\\\é]{0,9}.{0,20}") {
            let mut out = Vec::new();
            write_string(&mut out, &text);
            prop_assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&text).unwrap());
        }
    }

    #[test]
    fn every_character_of_ascii_is_written_as_the_library_writes_it() {
        let text: String = (0_u8..128).map(char::from).collect();
        let mut out = Vec::new();
        write_string(&mut out, &text);
        assert_eq!(out, serde_json::to_vec(&text).unwrap());
    }
}
