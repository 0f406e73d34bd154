//! Forms and query strings. What they hold need not be text, so every byte is
//! kept as it is.

use std::borrow::Cow;

/// The fields of a form, in order, decoded.
pub fn form_fields(form: &[u8]) -> impl Iterator<Item = (Cow<'_, [u8]>, Cow<'_, [u8]>)> {
    form.split(|byte| *byte == b'&').map(|field| {
        let end = memchr::memchr(b'=', field).unwrap_or(field.len());
        let (name, value) = field.split_at(end);
        (decoded(name), decoded(value.get(1..).unwrap_or_default()))
    })
}

/// `+` is a space and `%xx` a byte; what is neither stays as it stands.
fn decoded(text: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr::memchr2(b'+', b'%', text) else {
        return Cow::Borrowed(text);
    };
    let mut out = Vec::with_capacity(text.len());
    let (plain, mut rest) = text.split_at(first);
    out.extend_from_slice(plain);
    while let [byte, behind @ ..] = rest {
        let (byte, behind) = match (*byte, hex_pair(behind)) {
            (b'%', Some((byte, behind))) => (byte, behind),
            (b'+', _) => (b' ', behind),
            (byte, _) => (byte, behind),
        };
        out.push(byte);
        let plain = memchr::memchr2(b'+', b'%', behind).unwrap_or(behind.len());
        let (plain, encoded) = behind.split_at(plain);
        out.extend_from_slice(plain);
        rest = encoded;
    }
    Cow::Owned(out)
}

fn hex_pair(text: &[u8]) -> Option<(u8, &[u8])> {
    let [high, low, rest @ ..] = text else {
        return None;
    };
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let byte = u8::try_from(digit(high)? * 16 + digit(low)?).ok()?;
    Some((byte, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::form_urlencoded;

    use super::*;

    fn fields(form: &str) -> Vec<(String, Vec<u8>)> {
        form_fields(form.as_bytes())
            .map(|(name, value)| {
                (
                    String::from_utf8_lossy(&name).into_owned(),
                    value.into_owned(),
                )
            })
            .collect()
    }

    #[test]
    fn bytes_are_kept() {
        assert_eq!(
            fields("data=a%2Bb+c%FF&x&%=%4&d=1=2"),
            [
                ("data".to_owned(), b"a+b c\xff".to_vec()),
                ("x".to_owned(), vec![]),
                ("%".to_owned(), b"%4".to_vec()),
                ("d".to_owned(), b"1=2".to_vec()),
            ]
        );
    }

    proptest! {
        #[test]
        fn agrees_with_the_library(pairs in proptest::collection::vec(("[a-z]{1,5}", any::<String>()), 1..4)) {
            let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
            let expected: Vec<_> = pairs.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
            prop_assert_eq!(fields(&form), expected);
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = form_fields(&bytes).count();
        }
    }
}
