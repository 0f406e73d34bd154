//! Page views and pages, as expressions over a row of events.

/// That an event is a page view.
pub const IS_VIEW: &str = "event IN ('$pageview', '$screen')";

/// The page of an event: the path of `$current_url`, else `$pathname`, else
/// `$screen_name`; NULL when there is none.
pub const PATH: &str = "multiIf(\
    replaceRegexpOne(cutFragment(cutQueryStringAndFragment(ifNull(current_url, ''))), '^([a-zA-Z][a-zA-Z0-9+.-]*:)?//[^/]*', '') != '', \
    replaceRegexpOne(cutFragment(cutQueryStringAndFragment(ifNull(current_url, ''))), '^([a-zA-Z][a-zA-Z0-9+.-]*:)?//[^/]*', ''), \
    match(ifNull(current_url, ''), '^([a-zA-Z][a-zA-Z0-9+.-]*:)?//'), '/', \
    ifNull(pathname, '') != '', toString(pathname), \
    ifNull(screen_name, '') != '', toString(screen_name), NULL)";
