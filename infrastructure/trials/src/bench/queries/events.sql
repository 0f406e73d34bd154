-- Visits of eight events: 5 in 6 from a browser with a session id, the others
-- from a server without. A person comes back two and a half times in 90 days;
-- half of the events are page views, one visit in ten comes from a campaign.
-- Every number is a hash of the visit and the event: the same rows every time.
INSERT INTO millrace.events
    (project_id, uuid, event, distinct_id, person_id, timestamp, received_at, arrived_at, log_id, kafka_partition,
     kafka_offset, claim, browser, os, device_type, country_code, referring_domain, utm_source, utm_medium,
     utm_campaign, host, pathname, lib, session_id, current_url, props)
WITH
    intDiv(number, 8) AS visit,
    number % 8 AS place,
    cityHash64(visit, 1) AS v,
    cityHash64(number, 2) AS e,
    v % {persons} AS person,
    v % 6 != 0 AS is_browser,
    {from_ms} + toInt64(cityHash64(visit, 3) % 7776000000) + place * 20000 + toInt64(e % 20000) AS at_ms,
    ['/', '/products', '/search', '/cart', '/blog', '/about', '/help', '/account'] AS fixed_pages,
    if(e % 3 = 0, concat('/products/', toString(e % 500)), fixed_pages[1 + e % 8]) AS page,
    ['product_viewed', 'product_viewed', 'product_viewed', 'search', 'add_to_cart', 'add_to_cart', 'checkout', 'purchase'] AS own,
    ['signup', 'login', 'share', 'review', 'wishlist', 'newsletter', 'coupon', 'support'] AS rare,
    intDiv(e, 1000) % 100 AS dice,
    multiIf(place = 0 OR dice < 45, '$pageview', dice < 90, own[1 + e % 8], dice < 98, rare[1 + e % 8], '$autocapture') AS name,
    ['google.com', 'www.facebook.com', 'news.ycombinator.com', 'bing.com', 'partner.example', 't.co'] AS domains
SELECT
    toUUID('{project}'),
    toUUID(concat(leftPad(lower(hex(at_ms)), 12, '0'), '7', substring(leftPad(lower(hex(e % 4096)), 4, '0'), 2), '8000',
        leftPad(lower(hex(number)), 12, '0'))),
    name,
    concat('person-', toString(person)),
    cityHash64('{project}', person),
    fromUnixTimestamp64Milli(at_ms, 'UTC'),
    fromUnixTimestamp64Milli(at_ms + 40, 'UTC'),
    fromUnixTimestamp64Milli(at_ms + 90, 'UTC'),
    'benchmark', number % 12, intDiv(number, 12), 1,
    if(is_browser, ['Chrome', 'Chrome', 'Chrome', 'Safari', 'Firefox', 'Edge'][1 + v % 6], NULL),
    if(is_browser, ['Windows', 'Mac OS X', 'Android', 'iOS', 'Linux'][1 + v % 5], NULL),
    if(is_browser, ['Desktop', 'Mobile', 'Tablet'][1 + v % 3], NULL),
    ['US', 'DE', 'GB', 'FR', 'IN', 'BR', 'JP', 'CA', 'AU', 'NL', 'ES', 'IT'][1 + intDiv(v, 7) % 12],
    if(is_browser AND place = 0 AND v % 3 = 0, domains[1 + intDiv(v, 11) % 6], NULL),
    if(place = 0 AND v % 10 = 0, ['newsletter', 'google', 'partner'][1 + v % 3], NULL),
    if(place = 0 AND v % 10 = 0, ['email', 'cpc', 'affiliate'][1 + v % 3], NULL),
    if(place = 0 AND v % 10 = 0, concat('campaign-', toString(intDiv(v, 10) % 20)), NULL),
    if(is_browser, 'www.shop.example', NULL),
    if(is_browser, page, NULL),
    if(is_browser, 'web', 'python'),
    if(is_browser, toString(toUUID(concat(leftPad(lower(hex(v)), 16, '0'), leftPad(lower(hex(visit)), 16, '0')))), NULL),
    if(is_browser, concat('https://www.shop.example', page), NULL),
    map('plan', ['free', 'pro', 'team'][1 + person % 3], 'price', toString((e % 20000) / 100), 'variant', toString(v % 40),
        'item', concat('item-', toString(e % 5000)))
FROM numbers({first}, {count})
SETTINGS max_insert_threads = 1, max_threads = 1, min_insert_block_size_rows = 250000, min_insert_block_size_bytes = 0
