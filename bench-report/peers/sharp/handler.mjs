// sharp on Lambda@Edge, with the object by Node.js's own fetch from the origin that the event
// names. That has nothing to load and nothing to sign: the least a handler can do, for objects
// that anyone may read. handler-sdk.mjs does what published functions do.
// The other side of `cargo bench -p edgepix --bench first_image`; run by runtime.mjs.

import { answer } from "./resize.mjs";

async function read({ uri, origin }) {
  const { protocol, domainName, port, path } = origin.custom;
  const object = await fetch(`${protocol}://${domainName}:${port}${path}${uri}`);
  if (!object.ok) throw new Error(`the origin answered ${object.status}`);
  return Buffer.from(await object.arrayBuffer());
}

export const handler = (event) => answer(event, read);
