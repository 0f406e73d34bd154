import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import openapi, { astToString, type OpenAPI3 } from "openapi-typescript";
import prettier from "prettier";
import { expect, inject, test } from "vitest";

const stack = inject("stack");

// `UPDATE_API_TYPES=1 npm test` writes them anew.
test.each([
  ["query", stack.query],
  ["auth", stack.auth],
])("the types of the %s API are those of its document", async (name, url) => {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as OpenAPI3;
  const types = astToString(await openapi(document));
  const file = resolve(import.meta.dirname, `../src/api/${name}.ts`);
  const text = await prettier.format(
    `// Made of the ${name} API's OpenAPI document: do not edit.\n${types}`,
    {
      parser: "typescript",
      printWidth: 110,
    },
  );
  if (process.env.UPDATE_API_TYPES) writeFileSync(file, text);
  expect(readFileSync(file, "utf8")).toBe(text);
});
