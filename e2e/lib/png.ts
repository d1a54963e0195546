// Reads a PNG picture as far as a test needs it: that it is whole, how large it is, and that something is drawn.

import { crc32 as crc32OfZlib, inflateSync } from "node:zlib";

export interface PngPicture {
  width: number;
  height: number;
  /** How many different bytes the unpacked scan lines hold. */
  distinctBytes: number;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Samples per pixel, by colour type (PNG specification, section 11.2.1). */
const SAMPLES: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Reads it; throws where it is no picture, cut off or damaged. */
export function pictureOf(bytes: Buffer): PngPicture {
  if (!bytes.subarray(0, 8).equals(SIGNATURE)) throw new Error("no PNG signature");
  const data: Buffer[] = [];
  let header: Buffer | undefined;
  for (let at = 8; ; ) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString("latin1", at + 4, at + 8);
    const chunk = bytes.subarray(at + 8, at + 8 + length);
    if (bytes.readUInt32BE(at + 8 + length) !== crc32(bytes.subarray(at + 4, at + 8 + length))) throw new Error(`damaged chunk ${type}`);
    if (type === "IHDR") header = chunk;
    if (type === "IDAT") data.push(chunk);
    if (type === "IEND") break;
    at += 12 + length;
  }
  if (!header) throw new Error("no header");
  const [width, height, depth, colour] = [header.readUInt32BE(0), header.readUInt32BE(4), header[8] ?? 0, header[9] ?? 0];
  const lines = inflateSync(Buffer.concat(data));
  const wanted = height * (1 + Math.ceil((width * depth * (SAMPLES[colour] ?? 0)) / 8));
  if (lines.length !== wanted) throw new Error(`${lines.length} bytes of scan lines, not ${wanted}`);
  return { width, height, distinctBytes: new Set(lines).size };
}

/** The checksum of PNG chunks; older releases of Node.js have none of their own. */
function crc32(bytes: Buffer): number {
  if (typeof crc32OfZlib === "function") return crc32OfZlib(bytes);
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
