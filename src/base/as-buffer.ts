/**
 * The same memory as a Buffer. Its `copy` moves shared memory at full speed, where `set` of a typed array goes word by word,
 * or byte by byte when the two sides are not aligned alike.
 */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
