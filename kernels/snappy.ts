import { copyWithSlack } from './copy';

const CORRUPT: i32 = -1;

/**
 * Decodes a raw snappy block of `bytes` bytes at `from` to `to`.
 *
 * Both areas have slack behind them: copies go by 16 bytes. Every length and distance is checked against the ends of the
 * block, of the output so far and of `capacity`; tags are read only where the block still has bytes.
 *
 * @returns the decoded length, or -1 if the block is damaged or decodes to more than `capacity`
 */
export function snappyDecode(from: usize, bytes: usize, to: usize, capacity: usize): i32 {
  const end = from + bytes;
  let at = from;
  let claimed: u64 = 0;
  let shift: u64 = 0;
  while (true) {
    if (at >= end || shift > 28) return CORRUPT;
    const byte = <u64>load<u8>(at++);
    claimed |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
    shift += 7;
  }
  if (claimed > <u64>capacity) return CORRUPT;
  const outEnd = to + <usize>claimed;
  let out = to;
  while (at < end) {
    const tag = <usize>load<u8>(at++);
    let length: usize;
    if ((tag & 3) == 0) {
      length = tag >> 2;
      if (length >= 60) {
        const extra = length - 59;
        if (extra > end - at) return CORRUPT;
        // At most 3 bytes more than the block has are read, and masked away.
        length = <usize>(load<u32>(at) & (0xffffffff >>> (32 - <u32>extra * 8)));
        at += extra;
        if (length == 0xffffffff) return CORRUPT;
      }
      length++;
      if (length > end - at || length > outEnd - out) return CORRUPT;
      copyWithSlack(out, at, length);
      at += length;
      out += length;
      continue;
    }
    let distance: usize;
    if ((tag & 3) == 1) {
      if (at >= end) return CORRUPT;
      length = ((tag >> 2) & 7) + 4;
      distance = ((tag >> 5) << 8) | <usize>load<u8>(at);
      at += 1;
    } else if ((tag & 3) == 2) {
      if (end - at < 2) return CORRUPT;
      length = (tag >> 2) + 1;
      distance = <usize>load<u16>(at);
      at += 2;
    } else {
      if (end - at < 4) return CORRUPT;
      length = (tag >> 2) + 1;
      distance = <usize>load<u32>(at);
      at += 4;
    }
    if (distance == 0 || distance > out - to || length > outEnd - out) return CORRUPT;
    copyMatch(out, distance, length);
    out += length;
  }
  return out == outEnd ? <i32>(out - to) : CORRUPT;
}

/** A match may overlap what it writes: then the bytes repeat with the distance as their period. */
// @ts-ignore: decorator
@inline
function copyMatch(out: usize, distance: usize, length: usize): void {
  let from = out - distance;
  if (distance >= 16) {
    copyWithSlack(out, from, length);
    return;
  }
  const end = out + length;
  if (distance >= 8) {
    do {
      store<u64>(out, load<u64>(from));
      out += 8;
      from += 8;
    } while (out < end);
    return;
  }
  while (out < end) store<u8>(out++, load<u8>(from++));
}
