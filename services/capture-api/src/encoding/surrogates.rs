//! Old posthog-js writes each half of a surrogate pair as three bytes before
//! it makes base64 of them. Put together they are the character that was meant.

/// Joins the halves of surrogate pairs into UTF-8; all else, a lone half
/// included, is left as it is.
#[must_use]
pub fn join_surrogates(bytes: Vec<u8>) -> Vec<u8> {
    let Some(first) = position(&bytes, 0) else {
        return bytes;
    };
    let mut joined = Vec::with_capacity(bytes.len());
    let (mut done, mut next) = (0, Some(first));
    while let Some(at) = next {
        joined.extend_from_slice(bytes.get(done..at).unwrap_or_default());
        done = at;
        if let Some(character) = bytes.get(at..at + 6).and_then(pair) {
            let mut buffer = [0; 4];
            joined.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
            done = at + 6;
        }
        next = position(&bytes, done.max(at + 1));
    }
    joined.extend_from_slice(bytes.get(done..).unwrap_or_default());
    joined
}

/// Where the first byte of a half may stand.
fn position(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    memchr::memchr(0xed, rest).map(|at| from + at)
}

fn pair(bytes: &[u8]) -> Option<char> {
    let [
        0xed,
        high @ 0xa0..=0xaf,
        high_low @ 0x80..=0xbf,
        0xed,
        low @ 0xb0..=0xbf,
        low_low @ 0x80..=0xbf,
    ] = *bytes
    else {
        return None;
    };
    let high = u32::from(high & 0x0f) << 6 | u32::from(high_low & 0x3f);
    let low = u32::from(low & 0x0f) << 6 | u32::from(low_low & 0x3f);
    char::from_u32(0x1_0000 + (high << 10 | low))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As old posthog-js writes text.
    fn halves(text: &str) -> Vec<u8> {
        let three = |unit: u16| {
            let byte = |bits: u16| 0x80 | (bits & 0x3f) as u8;
            [0xe0 | (unit >> 12) as u8, byte(unit >> 6), byte(unit)]
        };
        text.chars()
            .flat_map(|character| {
                let mut units = [0; 2];
                match character.encode_utf16(&mut units) {
                    [high, low] => [three(*high), three(*low)].concat(),
                    _ => character.to_string().into_bytes(),
                }
            })
            .collect()
    }

    #[test]
    fn only_pairs_are_joined() {
        let lone: &[u8] = &[0xed, 0xa0, 0xbd, b'a', 0xed, 0xb8, 0x80];
        assert_eq!(join_surrogates(lone.to_vec()), lone);
        let doubled = [&[0xed, 0xa0, 0xbd][..], &halves("😀")].concat();
        let expected = [&[0xed, 0xa0, 0xbd][..], "😀".as_bytes()].concat();
        assert_eq!(join_surrogates(doubled), expected);
    }

    proptest! {
        #[test]
        fn text_comes_back(text in "(?s).{0,40}|[😀👩‍🚀한í]{0,9}") {
            prop_assert_eq!(join_surrogates(halves(&text)), text.as_bytes());
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = join_surrogates(bytes);
        }
    }
}
