// Starts edgepix, a native program, where Lambda@Edge offers only Python and Node.js.
//
// Lambda imports this file before it asks for the first event. The import becomes the
// binary beside it (process.execve, Node.js 22.15 or later: same process, same environment)
// or, in an older Node.js, waits for it as a child. Either way the binary asks for the
// events itself, and Node.js never sees one. If the binary cannot start, the handler below
// answers every event with what the origin answered: nobody loses an image over us.
// Handler: index.handler. lambda_function.py does the same in less time and memory.

import { accessSync, closeSync, constants, existsSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";

const BINARY = fileURLToPath(new URL("edgepix", import.meta.url));

// Once the process is the binary, Node.js cannot see it fail: a C library that is too old,
// a processor without an instruction, a crash. So a file stands for a start whose outcome
// is not known. The binary removes it after its first answer; Lambda keeps the folder when
// it starts a failed environment again, and then the file is still there.
const MARKER = `${tmpdir()}/edgepix-starting`;

// A failing process.execve ends the process and cannot be caught, so what can be wrong with
// the file is looked at first: it is there, executable, and ELF for this machine.
function check() {
  accessSync(BINARY, constants.R_OK | constants.X_OK);
  const machine = { x64: 62, arm64: 183 }[process.arch];
  const head = Buffer.alloc(20);
  const file = openSync(BINARY, "r");
  const read = readSync(file, head);
  closeSync(file);
  // The magic number, 64 bits, little-endian; then the machine (System V ABI, "ELF header").
  if (read < 20 || head.readUInt32BE(0) !== 0x7f454c46 || head.readUInt16BE(4) !== 0x0201 ||
      head.readUInt16LE(18) !== machine) {
    throw new Error(`${BINARY} is no program for ${process.arch}`);
  }
}

// Becomes the binary or waits for it. Returns only if it cannot start, and says why.
async function start() {
  try {
    closeSync(openSync(MARKER, "wx", 0o600));
  } catch (error) {
    return error.code === "EEXIST" ? "an earlier start ended before its first answer" : `marker: ${error.message}`;
  }
  try {
    check();
  } catch (error) {
    rmSync(MARKER);
    return `exec: ${error.message}`;
  }
  const environment = { ...process.env, EDGEPIX_STARTING: MARKER };
  if (process.execve) process.execve(BINARY, [BINARY, "lambda"], environment);

  const { spawn } = await import("node:child_process");
  const child = spawn(BINARY, ["lambda"], { stdio: "inherit", env: environment });
  const end = await new Promise((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("exit", (code, signal) => resolve(`it ended with ${signal ?? `code ${code}`}`));
  });
  // It has answered before, so it can: let Lambda start all of it again.
  if (!existsSync(MARKER)) process.exit(1);
  return `child: ${end}`;
}

const reason = await start();
// Not console.log: Lambda's puts other words before a line.
process.stdout.write(JSON.stringify({ level: "ERROR", message: "edgepix: pass-through", reason }) + "\n");

// Answers an origin-response event with the origin's own response, and says so.
export async function handler(event) {
  const { response } = event.Records[0].cf;
  response.headers ??= {};
  response.headers["x-edgepix"] = [{ key: "X-Edgepix", value: "passthrough; reason=launcher" }];
  return response;
}
