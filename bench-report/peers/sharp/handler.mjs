// Resizing with sharp on Lambda@Edge as published functions do it: origin-response event in,
// ?w=, ?h=, ?f= and ?q= obeyed, base64 out. They get the object from S3 by the AWS SDK; this
// one takes Node.js's own fetch from the origin that the event names, which has nothing to
// load and nothing to sign, and so favours it.
// The other side of `cargo bench -p edgepix --bench first_image`; run by runtime.mjs.

import sharp from "sharp";

const FORMATS = { jpg: "jpeg", jpeg: "jpeg", png: "png", webp: "webp" };

export async function handler(event) {
  const { request, response } = event.Records[0].cf;
  const query = new URLSearchParams(request.querystring);
  const number = (name) => query.has(name) ? parseInt(query.get(name), 10) : undefined;
  if (!query.has("w") && !query.has("h")) return response;
  const extension = request.uri.split(".").pop().toLowerCase();
  const format = FORMATS[query.get("f") ?? extension];
  if (!format) return response;

  const { protocol, domainName, port, path } = request.origin.custom;
  const original = await fetch(`${protocol}://${domainName}:${port}${path}${request.uri}`);
  if (!original.ok) return response;
  const image = await sharp(Buffer.from(await original.arrayBuffer()))
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
