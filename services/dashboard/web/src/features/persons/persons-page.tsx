import { useSearch } from "@tanstack/react-router";
import { Everybody } from "./everybody";
import { OnePerson } from "./one-person";

/** Everybody who was seen, and one person's whole story. */
export function PersonsPage() {
  const search = useSearch({ from: "/p/$projectId/persons" });
  return search.distinct_id ? <OnePerson distinctId={search.distinct_id} /> : <Everybody />;
}
