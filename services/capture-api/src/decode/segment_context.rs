//! Segment's `context` under the names of the standard properties, so that
//! browsers, pages and campaigns fill the same columns whatever SDK sent them.

use event_schema::segment::{CONTEXT_PROPERTIES, VIEW_PROPERTIES};

use super::additions::Additions;
use event_schema::json::{Kind, Value};

/// Adds what `context` tells, and for a page or screen what its own properties
/// tell where the context does not.
pub(super) fn flatten<'a>(context: Value<'a>, view: Option<Value<'a>>, added: &mut Additions<'a>) {
    context.for_each_member(|key, value| {
        let name = key.name();
        if value.kind == Kind::Object {
            value.for_each_member(|inner, value| add_at(added, &[&name, &inner.name()], value));
        } else {
            add_at(added, &[&name], value);
        }
    });
    for (property, name) in VIEW_PROPERTIES {
        if !added.has(property)
            && let Some(value) = view.and_then(|view| view.member(name))
        {
            add_scalar(added, property, value);
        }
    }
}

/// Adds the standard property that stands at `path` of the context, if any.
fn add_at<'a>(added: &mut Additions<'a>, path: &[&[u8]], value: Value<'a>) {
    let is_here = |known: &[&str]| {
        known
            .iter()
            .map(|name| name.as_bytes())
            .eq(path.iter().copied())
    };
    let found = CONTEXT_PROPERTIES.iter().find(|(_, known)| is_here(known));
    if let Some((property, _)) = found {
        add_scalar(added, property, value);
    }
}

fn add_scalar<'a>(added: &mut Additions<'a>, property: &'static str, value: Value<'a>) {
    let is_scalar = matches!(value.kind, Kind::String | Kind::Number | Kind::Bool);
    if is_scalar && value.raw != b"\"\"" {
        added.add(property, value.raw);
    }
}
