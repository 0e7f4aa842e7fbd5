// sharp on Lambda@Edge, with the object by the AWS SDK from the bucket that is the event's
// origin, as published functions read it; signed. Region, credentials and the server's URL
// (AWS_ENDPOINT_URL_S3) are the environment's.
// The other side of `bench-report run` and of `cargo bench -p edgepix --bench first_image`; run
// by runtime.mjs.

import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { answer } from "./resize.mjs";

const s3 = new S3Client({ forcePathStyle: true });

async function read({ uri, origin }) {
  const Bucket = origin.s3.domainName.split(".s3.")[0];
  const Key = decodeURIComponent(`${origin.s3.path}${uri}`.slice(1));
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from(await Body.transformToByteArray());
}

export const handler = (event) => answer(event, read);
