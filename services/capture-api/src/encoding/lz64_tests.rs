use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

/// The encoder, written from the format's description, to test against.
fn encode(text: &str) -> String {
    let mut bits: Vec<bool> = Vec::new();
    let push = |bits: &mut Vec<bool>, value: usize, width: u32| {
        for place in 0..width {
            bits.push(value >> place & 1 == 1);
        }
    };
    let mut known: HashMap<Vec<u16>, usize> = HashMap::new();
    let mut fresh: HashMap<Vec<u16>, bool> = HashMap::new();
    let (mut width, mut until_wider) = (2_u32, 2_usize);
    let mut phrase: Vec<u16> = Vec::new();
    let emit = |phrase: &Vec<u16>,
                known: &HashMap<Vec<u16>, usize>,
                fresh: &mut HashMap<Vec<u16>, bool>,
                bits: &mut Vec<bool>,
                width: &mut u32,
                until_wider: &mut usize| {
        let tick = |width: &mut u32, until_wider: &mut usize| {
            *until_wider -= 1;
            if *until_wider == 0 {
                *until_wider = 1 << *width;
                *width += 1;
            }
        };
        if fresh.remove(phrase).is_some() {
            let unit = usize::from(phrase[0]);
            let (command, unit_width) = if unit < 256 { (0, 8) } else { (1, 16) };
            push(bits, command, *width);
            push(bits, unit, unit_width);
            tick(width, until_wider);
        } else {
            push(bits, known[phrase], *width);
        }
        tick(width, until_wider);
    };
    for unit in text.encode_utf16() {
        let single = vec![unit];
        if !known.contains_key(&single) {
            known.insert(single.clone(), known.len() + COMMANDS);
            fresh.insert(single, true);
        }
        let mut longer = phrase.clone();
        longer.push(unit);
        if known.contains_key(&longer) {
            phrase = longer;
            continue;
        }
        emit(
            &phrase,
            &known,
            &mut fresh,
            &mut bits,
            &mut width,
            &mut until_wider,
        );
        known.insert(longer, known.len() + COMMANDS);
        phrase = vec![unit];
    }
    if !phrase.is_empty() {
        emit(
            &phrase,
            &known,
            &mut fresh,
            &mut bits,
            &mut width,
            &mut until_wider,
        );
    }
    push(&mut bits, 2, width);
    while !bits.len().is_multiple_of(6) {
        bits.push(false);
    }
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bits.chunks(6)
        .map(|chunk| {
            let value = chunk
                .iter()
                .fold(0, |value, bit| value * 2 + usize::from(*bit));
            char::from(alphabet[value])
        })
        .collect()
}

#[test]
fn reads_what_the_original_library_writes() {
    // Written by lz-string 1.5.0, compressToBase64.
    for (encoded, text) in [
        ("BYUwNmD2Q===", "hello"),
        (
            "N4IgpgbmB2AuIC4QGcCWBzaBXADiANCACarKyrQDGsA+qkYiAIZFMgC+QA==",
            r#"{"event":"signup","distinct_id":"ada"}"#,
        ),
        ("IY1/kA==", "aaaaaaaaaaaaaaaaaaaa"),
        ("HYQw9wbgpgBIwGQ0LwbgAPZqSsEqA===", "naïve ☃ 😀 naïve ☃ 😀"),
    ] {
        let decoded = decode_lz64(encoded.as_bytes(), 1000).unwrap();
        assert_eq!(String::from_utf8(decoded).unwrap(), text);
    }
}

#[test]
fn output_is_bounded_while_it_grows() {
    let bomb = encode(&"a".repeat(300_000));
    assert!(bomb.len() < 10_000);
    assert!(matches!(
        decode_lz64(bomb.as_bytes(), 50_000),
        Err(EncodingError::TooLarge(50_000))
    ));
}

#[test]
fn garbage_is_told_apart() {
    for text in ["!!!!", "", "A", "////"] {
        assert!(decode_lz64(text.as_bytes(), 1000).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_comes_back(text in ".{1,80}", repeats in 1_usize..20) {
        let text = text.repeat(repeats);
        let decoded = decode_lz64(encode(&text).as_bytes(), 1 << 20).unwrap();
        prop_assert_eq!(String::from_utf8(decoded).unwrap(), text);
    }

    #[test]
    fn never_panics(bytes in "[A-Za-z0-9+/= ]{0,200}") {
        let _ = decode_lz64(bytes.as_bytes(), 1 << 16);
    }
}
