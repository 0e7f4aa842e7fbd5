// sharp, as people's functions use it, behind the protocol of src/protocol.rs:
// one JSON job per line in, one JSON answer per line out.

import { readFile, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import sharp from "sharp";

// One thread per image and nothing kept between images: what a small function
// has, and what edgepix does.
sharp.concurrency(1);
sharp.cache(false);

// `quality` would make sharp's PNG a palette image, and effort has another meaning there.
function encoded(image, { format, quality, effort }) {
  const options = { quality, ...(effort == null ? {} : { effort }) };
  switch (format) {
    // Transparency goes to white here because edgepix does so; sharp's own choice is black.
    case "jpeg": return image.flatten({ background: "#ffffff" }).jpeg({ quality });
    case "webp": return image.webp(options);
    case "avif": return image.avif(options);
    case "png": return image.png();
    default: throw new Error(`unknown format ${format}`);
  }
}

// sharp reduces a JPEG while decoding it, unless it is decoded before it is resized.
async function opened({ source, decode }) {
  const image = sharp(await readFile(source)).autoOrient();
  switch (decode) {
    case "usual": return image;
    case "full": {
      const { data, info: { width, height, channels } } = await image
        .toColourspace("srgb")
        .raw({ depth: "uchar" })
        .toBuffer({ resolveWithObject: true });
      return sharp(data, { raw: { width, height, channels } });
    }
    default: throw new Error("sharp decodes as usual or at full size");
  }
}

async function resize(job) {
  const cpu = process.cpuUsage();
  const began = process.hrtime.bigint();
  const image = (await opened(job))
    .resize({ width: job.width, withoutEnlargement: true });
  const { data, info } = await encoded(image, job).toBuffer({ resolveWithObject: true });
  const wall = process.hrtime.bigint() - began;
  const { user, system } = process.cpuUsage(cpu);
  if (job.output) await writeFile(job.output, data);
  return {
    wall_ms: Number(wall) / 1e6,
    cpu_ms: (user + system) / 1e3,
    bytes: data.length,
    width: info.width,
    height: info.height,
  };
}

// Upright, 8-bit sRGB, three or four channels: what a viewer shows.
async function decode({ source, output }) {
  const { data, info } = await sharp(source)
    .autoOrient()
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  await writeFile(output, data);
  return { width: info.width, height: info.height, channels: info.channels };
}

async function describe({ source }) {
  const { format, autoOrient, space, channels, isProgressive, chromaSubsampling, hasAlpha } =
    await sharp(source).metadata();
  return {
    format,
    width: autoOrient.width,
    height: autoOrient.height,
    space,
    channels,
    alpha: hasAlpha,
    progressive: isProgressive,
    subsampling: chromaSubsampling ?? null,
  };
}

function version() {
  const { sharp: own, vips } = sharp.versions;
  return { version: `sharp ${own} (libvips ${vips}, node ${process.versions.node})` };
}

const jobs = { resize, decode, describe, version };

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const job = JSON.parse(line);
    answer = await jobs[job.op](job);
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
