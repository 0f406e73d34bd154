// Serves a shop:  node serve.mjs FOLDER SDK [PORT]
//
// Files come from FOLDER, and what it does not have from here; `/sdk.js` is the
// file SDK. CAPTURE_URL and WRITE_KEY say where events go.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import http from "node:http";
import { basename, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };
const HERE = fileURLToPath(new URL(".", import.meta.url));

/** Starts serving; the address and the server. */
export async function serve(folder, sdk, port = 0) {
  const { CAPTURE_URL: captureUrl, WRITE_KEY: writeKey } = process.env;
  const config = `export const { captureUrl, writeKey } = ${JSON.stringify({ captureUrl, writeKey })};`;
  const server = http.createServer((request, response) => {
    const name = basename(new URL(request.url, "http://shop").pathname);
    // Any other address is a page of the shop.
    const file = extname(name) ? name : "index.html";
    const body = file === "config.js" ? config : file === "sdk.js" ? readFileSync(sdk) : read(folder, file);
    const type = `${TYPES[extname(file)] ?? "text/plain"}; charset=utf-8`;
    response.writeHead(body === null ? 404 : 200, { "content-type": type }).end(body);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return { server, url: `http://127.0.0.1:${server.address().port}/` };
}

function read(folder, file) {
  for (const place of [folder, HERE]) {
    try {
      return readFileSync(join(place, file));
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
    }
  }
  return null;
}

if (resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [folder, sdk, port = "8090"] = process.argv.slice(2);
  const { url } = await serve(folder, sdk, Number(port));
  console.log(`The shop is open: ${url}`);
}
