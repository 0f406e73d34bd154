// What every client is asked to send: values that are easily damaged on the way.

const VALUES = [
  { text: "plain" },
  { text: "Grüße, 世界, עברית, 👩‍🚀, e\u0301 and é" },
  { text: 'quotes " \\ / and \n lines \t tabs' },
  { whole: 42, negative: -17, zero: 0 },
  { half: 0.5, tenth: 0.1, tiny: 1.5e-7, pi: 3.141592653589793 },
  { huge: 1e21, safe: 9007199254740991 },
  { yes: true, no: false },
  { nothing: null },
  { empty: "", numeric: "0042", boolean: "true", absent: "null" },
  { list: [1, "two", false, [3.5, ["deep"]]] },
  { object: { a: { b: { c: [{ "d e": "ü" }] } }, n: 1.25 } },
  { "a key with spaces": 1, "ключ": "значение", "dotted.key": 2 },
];

/** What a browser does not carry away from a page that is being left: it takes 64 KB in all. */
const LARGE = { large: "0123456789äöü ".repeat(900) };

/** Events of one scenario; `case` tells them apart, on the wire and in the store. */
export function tracks(prefix, count, { hasLarge = true } = {}) {
  const values = hasLarge ? [...VALUES, LARGE] : VALUES;
  return Array.from({ length: count }, (_, index) => ({
    kind: "track",
    name: index % 2 ? "Order Completed" : "données reçues",
    properties: { case: `${prefix}-${String(index).padStart(3, "0")}`, ...values[index % values.length] },
  }));
}

/** One of each other call that the SDKs offer. */
export function calls(prefix) {
  const tag = (kind) => ({ case: `${prefix}-${kind}`, name: "Zoë", score: 1.5, vip: true });
  return [
    { kind: "page", url: "https://shop.example/päge?utm_source=test", properties: { case: `${prefix}-page` } },
    { kind: "identify", traits: tag("identify") },
    { kind: "group", type: "group", key: "company-ü", traits: tag("group") },
    { kind: "alias", alias: `${prefix}-earlier` },
  ];
}
