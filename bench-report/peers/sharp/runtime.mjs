// What AWS's Node.js runtime does, in the same order and in a few lines: imports the handler's
// file, given as an argument, then asks for events and answers them.
//
// AWS's own client is on npm (aws-lambda-ric 4.0.2), but its half in C++ is compiled at every
// install, with a curl of its own: that takes CMake, a compiler, Python, Node.js's headers and
// minutes, and leave to run scripts, so no one command brings it everywhere. This one takes as
// little as it does. Until the answer to an empty event, handler-sdk.mjs's imports included
// (node 24.21.0, x86-64, medians of nine starts, twice): 172 ms of CPU time and 90 MB, where
// AWS's takes 170 ms and 89 MB, one with node:http 186 and 91, one with fetch 201 and 93. For
// that it speaks HTTP by itself, and no more of it than the Runtime API's answers need: they
// say their length.

import { connect } from "node:net";

const { handler } = await import(process.argv[2]);
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const api = connect(port, host).setNoDelay();
const arriving = api[Symbol.asyncIterator]();

async function ask(method, path, body = "") {
  api.write(`${method} /2018-06-01/runtime/invocation/${path} HTTP/1.1\r\nHost: ${host}:${port}\r\n`
    + `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  let answer = Buffer.alloc(0);
  for (;;) {
    const end = answer.indexOf("\r\n\r\n");
    const head = answer.toString("latin1", 0, Math.max(end, 0));
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    if (end >= 0 && answer.length >= end + 4 + length) return { head, body: answer.subarray(end + 4) };
    const { value, done } = await arriving.next();
    if (done) throw new Error("the Runtime API has gone");
    answer = Buffer.concat([answer, value]);
  }
}

for (;;) {
  const { head, body } = await ask("GET", "next");
  const id = /^lambda-runtime-aws-request-id: *(\S+)/im.exec(head)[1];
  let path, answer;
  try {
    [path, answer] = [`${id}/response`, await handler(JSON.parse(body))];
  } catch ({ name, message, stack }) {
    // As AWS's does; the function goes on.
    [path, answer] = [`${id}/error`, { errorType: name, errorMessage: message, trace: stack?.split("\n") }];
  }
  await ask("POST", path, JSON.stringify(answer));
}
