// Resizing with sharp on Lambda@Edge as published functions do it: origin-response event in,
// ?w=, ?h=, ?f= and ?q= obeyed, base64 out. How the object is read is the handler's: handler.mjs
// and handler-sdk.mjs differ in nothing else.

import sharp from "sharp";

// At sharp's own efforts.
const FORMATS = { jpg: "jpeg", jpeg: "jpeg", png: "png", webp: "webp", avif: "avif" };

// What a handler answers; `read` takes the event's request to the object's bytes.
export async function answer(event, read) {
  const { request, response } = event.Records[0].cf;
  const query = new URLSearchParams(request.querystring);
  const number = (name) => query.has(name) ? parseInt(query.get(name), 10) : undefined;
  if (!query.has("w") && !query.has("h")) return response;
  const extension = request.uri.split(".").pop().toLowerCase();
  const format = FORMATS[query.get("f") ?? extension];
  if (!format) return response;

  const image = await sharp(await read(request))
    .resize(number("w"), number("h"))
    .toFormat(format, { quality: number("q") ?? 80 })
    .toBuffer();
  const body = image.toString("base64");
  if (body.length > 1048576) return response;

  response.status = "200";
  response.body = body;
  response.bodyEncoding = "base64";
  response.headers["content-type"] = [{ key: "Content-Type", value: `image/${format}` }];
  return response;
}
