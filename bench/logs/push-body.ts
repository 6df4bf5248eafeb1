import { Buffer } from 'node:buffer';

/**
 * Encoder of push bodies (protobuf), apart from the server's own on purpose: a mistake in one does not hide in the other.
 * Fields: stream 1 labels, 2 entry; entry 1 time (1 seconds, 2 nanos), 2 line, 3 metadata (1 name, 2 value).
 */

/** Name and value; both ASCII and below 128 bytes. */
export type MetadataPair = readonly [name: string, value: string];

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) length++;
  return length;
}

function putVarint(bytes: Buffer, at: number, value: number): number {
  let rest = value;
  while (rest > 127) {
    bytes[at++] = (rest & 127) | 128;
    rest = Math.floor(rest / 128);
  }
  bytes[at++] = rest;
  return at;
}

/** The entries of one stream that are not sent yet. */
export class StreamEntries {
  #bytes: Buffer = Buffer.allocUnsafe(512);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
  }

  /** @returns bytes of the line */
  add(seconds: number, nanos: number, line: string, metadata: readonly MetadataPair[]): number {
    const lineBytes = Buffer.byteLength(line);
    const timeBytes = 1 + varintLength(seconds) + (nanos > 0 ? 1 + varintLength(nanos) : 0);
    let metadataBytes = 0;
    for (const [name, value] of metadata) metadataBytes += 2 + 4 + name.length + value.length;
    const entryBytes = 2 + timeBytes + 1 + varintLength(lineBytes) + lineBytes + metadataBytes;
    this.#reserve(1 + varintLength(entryBytes) + entryBytes);
    const bytes = this.#bytes;
    let at = this.#length;
    bytes[at++] = 0x12;
    at = putVarint(bytes, at, entryBytes);
    bytes[at++] = 0x0a;
    at = putVarint(bytes, at, timeBytes);
    bytes[at++] = 0x08;
    at = putVarint(bytes, at, seconds);
    if (nanos > 0) {
      bytes[at++] = 0x10;
      at = putVarint(bytes, at, nanos);
    }
    bytes[at++] = 0x12;
    at = putVarint(bytes, at, lineBytes);
    at += bytes.write(line, at, 'utf8');
    for (const [name, value] of metadata) {
      bytes[at++] = 0x1a;
      bytes[at++] = 4 + name.length + value.length;
      bytes[at++] = 0x0a;
      bytes[at++] = name.length;
      at += bytes.write(name, at, 'latin1');
      bytes[at++] = 0x12;
      bytes[at++] = value.length;
      at += bytes.write(value, at, 'latin1');
    }
    this.#length = at;
    return lineBytes;
  }

  /** The stream as a field of a push body. */
  encode(labelText: Buffer): Buffer {
    const streamBytes = 1 + varintLength(labelText.length) + labelText.length + this.#length;
    const head = Buffer.allocUnsafe(1 + varintLength(streamBytes) + 1 + varintLength(labelText.length));
    head[0] = 0x0a;
    const at = putVarint(head, 1, streamBytes);
    head[at] = 0x0a;
    putVarint(head, at + 1, labelText.length);
    return Buffer.concat([head, labelText, this.#bytes.subarray(0, this.#length)]);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + more));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
