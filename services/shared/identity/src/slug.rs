//! The names of projects in URLs.

use uuid::Uuid;

use crate::key::OWN_PROJECT;

/// Longest slug, in bytes.
pub const SLUG_BYTES_MAX: usize = 63;

/// Whether `text` may be a slug: lower-case letters, digits and single hyphens
/// between them, at most 63, and nothing that reads as an id.
#[must_use]
pub fn is_slug(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=SLUG_BYTES_MAX).contains(&text.len())
        && text
            .split('-')
            .all(|part| !part.is_empty() && part.bytes().all(is_plain))
        && Uuid::parse_str(text).is_err()
}

/// The slug that suggests itself for a project called `name`; `project` when
/// nothing of the name can be used.
#[must_use]
pub fn slug_of(name: &str) -> String {
    let mut slug = String::new();
    for word in name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        if slug.len() + word.len() >= SLUG_BYTES_MAX - 8 {
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(&word.to_ascii_lowercase());
    }
    if is_slug(&slug) {
        slug
    } else {
        "project".to_owned()
    }
}

/// Whether `text` may be an alias, the name that another system uses: 1 to 200
/// visible ASCII characters, not the word for "the key's own project" and no
/// id in our form.
#[must_use]
pub fn is_alias(text: &str) -> bool {
    (1..=200).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && text != OWN_PROJECT
        && Uuid::parse_str(text).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_suggests_a_slug() {
        for (name, slug) in [
            ("My Shop", "my-shop"),
            ("  Ünï & Co. 2 ", "n-co-2"),
            ("店", "project"),
            ("", "project"),
            ("00000000-0000-0000-0000-000000000000", "project"),
        ] {
            assert_eq!(slug_of(name), slug, "{name:?}");
        }
        assert!(is_slug(&slug_of(&"long name ".repeat(50))));
    }

    #[test]
    fn refuses_what_is_no_slug() {
        assert!(is_slug("a") && is_slug("shop-2"));
        let long = "a".repeat(64);
        for wrong in [
            "",
            "-a",
            "a-",
            "a--b",
            "A",
            "a_b",
            "ä",
            &long,
            "6d1ac5b07c1f5a6e9f0e2b7d4c8831aa",
        ] {
            assert!(!is_slug(wrong), "{wrong:?}");
        }
        assert!(
            is_alias("clx0abc_DEF") && !is_alias("default") && !is_alias("a b") && !is_alias("")
        );
    }
}
