//! The setting `additional_table_filters`, which holds SQL: only one form of it is taken.

/// Whether `value` is a map from tables to `column = toUUID('…')` and nothing else. Such filters
/// can only take rows away.
pub fn are_plain_filters(value: &str) -> bool {
    let Some(entries) = value
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
    else {
        return false;
    };
    entries.is_empty() || entries.split(',').all(is_plain)
}

/// `'database.table':'column = toUUID(\'…\')'`
fn is_plain(entry: &str) -> bool {
    let Some((table, filter)) = entry.split_once("':'") else {
        return false;
    };
    let name = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let table = table.strip_prefix('\'').unwrap_or_default();
    let filter = filter
        .strip_suffix(r"\')'")
        .and_then(|filter| filter.split_once(r" = toUUID(\'"));
    table.split('.').count() <= 2
        && table.split('.').all(name)
        && filter.is_some_and(|(column, id)| name(column) && uuid::Uuid::try_parse(id).is_ok())
}

#[cfg(test)]
mod tests {
    use super::are_plain_filters;

    #[test]
    fn only_a_columns_uuid_is_a_filter() {
        let id = "00000000-0000-0000-0000-00000000000a";
        let one = format!(r"'db.t':'project_id = toUUID(\'{id}\')'");
        for plain in [
            "{}".to_owned(),
            format!("{{{one}}}"),
            format!("{{{one},{one}}}"),
        ] {
            assert!(are_plain_filters(&plain), "{plain}");
        }
        for other in [
            String::new(),
            "{'t':'1'}".to_owned(),
            format!("{{{one}"),
            format!(r"{{'db.t':'file(\'/etc/passwd\') = toUUID(\'{id}\')'}}"),
            format!(r"{{'db.t':'a = toUUID(\'{id}\') OR 1'}}"),
            r"{'t':'a = toUUID(\'x\')'}".to_owned(),
        ] {
            assert!(!are_plain_filters(&other), "{other}");
        }
    }
}
