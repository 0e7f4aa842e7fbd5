// What AWS's Node.js runtime does, in the same order and in a few lines: imports the handler's
// file, given as an argument, then asks for events and answers them. AWS's own is not published
// ready to run, and takes longer to start.

const { handler } = await import(process.argv[2]);
const path = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/`;
for (;;) {
  const event = await fetch(`${path}next`);
  const body = JSON.stringify(await handler(await event.json()));
  const id = event.headers.get("Lambda-Runtime-Aws-Request-Id");
  await (await fetch(`${path}${id}/response`, { method: "POST", body })).text();
}
