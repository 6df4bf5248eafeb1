import { constants, createZstdDecompress, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { type HiddenHandle, hiddenHandle, testBytes } from './zstd-handle.ts';

/**
 * Decompresses zstd into memory that is reused. `zstdDecompressSync` returns fresh memory for every frame, and in a steady scan the
 * page faults of that cost three times the decompression. The stream object behind it can write into a given buffer, but its
 * handle is not public: so it is tried on a known frame when the thread starts, and where it is missing or answers
 * differently, the public call is used and its result copied.
 */
export interface ZstdDecoder {
  /**
   * @param into room for the whole frame from 0 on
   * @returns bytes written, or -1 when the frame is damaged or does not fit
   */
  decode(frame: Uint8Array, into: Uint8Array): number;
}

class HandleDecoder implements ZstdDecoder {
  #open: OpenHandle;

  constructor(open: OpenHandle) {
    this.#open = open;
  }

  decode(frame: Uint8Array, into: Uint8Array): number {
    // The end of a frame makes the context ready for the next one; a reset makes a new context, which takes as long as a small frame.
    const bytes = this.#decode(frame, into);
    if (bytes === into.length) return bytes;
    // What a damaged frame has left may be in the way of this one.
    this.#open.handle.reset();
    const again = this.#decode(frame, into);
    this.#open.handle.reset();
    return again;
  }

  #decode(frame: Uint8Array, into: Uint8Array): number {
    const open = this.#open;
    open.handle.writeSync(constants.ZSTD_e_end, frame, 0, frame.length, into, 0, into.length);
    if (open.failed) {
      // A handle remembers its error beyond a reset.
      this.#open = openHandle() ?? open;
      return -1;
    }
    // Input left over means that the frame is larger than what it was said to be.
    return open.left[1] === 0 ? into.length - open.left[0]! : -1;
  }
}

class CopyingDecoder implements ZstdDecoder {
  decode(frame: Uint8Array, into: Uint8Array): number {
    try {
      const raw = zstdDecompressSync(frame, { maxOutputLength: Math.max(1, into.length) });
      into.set(raw);
      return raw.length;
    } catch {
      // Damaged or too large: the caller tells which frame.
      return -1;
    }
  }
}

/** A handle, and whether it has failed. */
interface OpenHandle extends HiddenHandle {
  failed: boolean;
}

function openHandle(): OpenHandle | undefined {
  const hidden = hiddenHandle(createZstdDecompress());
  if (hidden === undefined) return undefined;
  const open: OpenHandle = { ...hidden, failed: false };
  hidden.handle.onerror = () => {
    open.failed = true;
  };
  return open;
}

/** Frames of several sizes, one cut and one spoilt: what a decoder must get right to be used. */
function passesSelfTest(decoder: ZstdDecoder): boolean {
  try {
    for (const size of [1, 1000, 300_000]) {
      const raw = testBytes(size);
      const frame = zstdCompressSync(raw);
      const into = Buffer.alloc(size + 10);
      if (decoder.decode(frame, into.subarray(0, size)) !== size || !into.subarray(0, size).equals(raw)) return false;
      if (decoder.decode(frame, into) !== size) return false;
      if (size > 1 && decoder.decode(frame, into.subarray(0, size - 1)) === size) return false;
      if (size > 1 && decoder.decode(frame.subarray(0, frame.length - 2), into) === size) return false;
      const spoilt = Buffer.from(frame);
      spoilt[0]! ^= 0xff;
      if (decoder.decode(spoilt, into) >= 0) return false;
      if (decoder.decode(frame, into) !== size) return false;
    }
    return true;
  } catch {
    // A handle that throws is one of another Node.
    return false;
  }
}

/** The fastest decoder that works here; one for each thread. */
export function createZstdDecoder(): ZstdDecoder {
  const open = openHandle();
  const decoder = open === undefined ? undefined : new HandleDecoder(open);
  return decoder !== undefined && passesSelfTest(decoder) ? decoder : new CopyingDecoder();
}

/** True when the hidden handle is in use; for tests and metrics. */
export function reusesMemory(decoder: ZstdDecoder): boolean {
  return decoder instanceof HandleDecoder;
}
