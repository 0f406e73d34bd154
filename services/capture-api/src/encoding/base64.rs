//! Base64 as it arrives from forms and query strings: either alphabet, padded
//! or not, with `+` turned into a space on its way.

use ::base64::Engine as _;
use ::base64::alphabet::STANDARD;
use ::base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::EncodingError;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Decodes base64 text.
///
/// # Errors
/// [`EncodingError::Broken`] when it is none.
pub fn decode_base64(text: &[u8]) -> Result<Vec<u8>, EncodingError> {
    let text = text.trim_ascii();
    // Mostly it is what it should be.
    if let Ok(decoded) = LENIENT.decode(text) {
        return Ok(decoded);
    }
    let standard: Vec<u8> = text
        .iter()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'))
        .map(|byte| match byte {
            b'-' | b' ' => b'+',
            b'_' => b'/',
            other => *other,
        })
        .collect();
    LENIENT
        .decode(standard)
        .map_err(|_| EncodingError::Broken("base64"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_spelling_is_read() {
        for text in ["fn8+Pz8=", "fn8-Pz8", "fn8 Pz8=", "fn8+\r\nPz8=\n"] {
            assert_eq!(
                decode_base64(text.as_bytes()).unwrap(),
                b"~\x7f>??",
                "{text:?}"
            );
        }
        assert!(decode_base64(b"{\"a\":1}").is_err());
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = decode_base64(&bytes);
        }
    }
}
