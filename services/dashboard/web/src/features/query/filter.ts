import { z } from "zod";

const OPERATORS = [
  "exact",
  "is_not",
  "icontains",
  "not_icontains",
  "regex",
  "not_regex",
  "is_set",
  "is_not_set",
  "gt",
  "gte",
  "lt",
  "lte",
  "in",
  "not_in",
] as const;
export type Operator = (typeof OPERATORS)[number];

const condition = z.object({
  property: z.string(),
  op: z.enum(OPERATORS).default("exact"),
  value: z.union([z.string(), z.number(), z.array(z.string())]).optional(),
});

/** A condition on a property. */
export type Condition = z.output<typeof condition>;
/** Several filters of which any, or all, have to hold. */
export type Group = { any: Filter[] } | { all: Filter[] };
export type Filter = Condition | Group;
type Input = z.input<typeof condition> | { any: Input[] } | { all: Input[] };

/** A filter as it stands in an address. */
export const filter: z.ZodType<Filter, Input> = z.lazy(() =>
  z.union([z.object({ any: filters }), z.object({ all: filters }), condition]),
);
const filters = z.array(filter);

export const isGroup = (one: Filter): one is Group => "any" in one || "all" in one;
export const membersOf = (group: Group): Filter[] => ("any" in group ? group.any : group.all);

export const isList = (op: Operator) => op === "in" || op === "not_in";
export const isBare = (op: Operator) => op === "is_set" || op === "is_not_set";

/** The filters that are filled in, as the query API takes them. */
export function complete(filters: Filter[]): Filter[] {
  return filters.flatMap((one): Filter[] => {
    if (!isGroup(one)) return isFilledIn(one) ? [plain(one)] : [];
    const members = complete(membersOf(one));
    if (members.length === 0) return [];
    return ["any" in one ? { any: members } : { all: members }];
  });
}

function isFilledIn({ property, op, value }: Condition): boolean {
  return property !== "" && (isBare(op) || (value !== undefined && value.toString() !== ""));
}

function plain({ property, op, value }: Condition): Condition {
  if (isBare(op)) return { property, op };
  if (isList(op)) return { property, op, value: Array.isArray(value) ? value : [String(value)] };
  return { property, op, value: Array.isArray(value) ? (value[0] ?? "") : value };
}
