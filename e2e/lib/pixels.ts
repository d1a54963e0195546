// Pixels of a screenshot, to see what is really drawn.

import { inflateSync } from "node:zlib";

export interface Pixels {
  width: number;
  height: number;
  /** Three bytes each, row by row. */
  rgb: Uint8Array;
}

/** Reads a PNG of 8 bits a sample, as browsers write screenshots. */
export function pixelsOf(png: Buffer): Pixels {
  const [width, height, depth, colour] = [png.readUInt32BE(16), png.readUInt32BE(20), png[24], png[25]];
  if (depth !== 8 || (colour !== 2 && colour !== 6)) throw new Error(`a picture of ${depth} bits and colour type ${colour}`);
  const samples = colour === 2 ? 3 : 4;
  const data: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString("latin1", at + 4, at + 8) === "IDAT") data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  const packed = inflateSync(Buffer.concat(data));
  const stride = width * samples;
  const rgb = new Uint8Array(width * height * 3);
  let above = new Uint8Array(stride);
  for (let y = 0; y < height; y++) {
    const from = y * (stride + 1);
    const line = unfiltered(packed[from] ?? 0, packed.subarray(from + 1, from + 1 + stride), above, samples);
    for (let x = 0; x < width; x++) rgb.set(line.subarray(x * samples, x * samples + 3), (y * width + x) * 3);
    above = line;
  }
  return { width, height, rgb };
}

/** One line without its filter (PNG specification, section 9). */
function unfiltered(filter: number, raw: Uint8Array, above: Uint8Array, samples: number): Uint8Array<ArrayBuffer> {
  const line = new Uint8Array(raw.length);
  for (let at = 0; at < raw.length; at++) {
    const left = line[at - samples] ?? 0;
    const up = above[at] ?? 0;
    const corner = at < samples ? 0 : (above[at - samples] ?? 0);
    const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0;
    line[at] = (raw[at] ?? 0) + guess;
  }
  return line;
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [toLeft, toUp, toCorner] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

/** How far two pictures of one size differ at a pixel: the largest difference of a sample, 0 to 255. */
export function difference(one: Pixels, other: Pixels, x: number, y: number): number {
  const at = (y * one.width + x) * 3;
  let most = 0;
  for (let sample = at; sample < at + 3; sample++) {
    const apart = Math.abs((one.rgb[sample] ?? 0) - (other.rgb[sample] ?? 0));
    if (apart > most) most = apart;
  }
  return most;
}
