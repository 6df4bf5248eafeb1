import type { IncomingMessage } from 'node:http';
import { LogError } from '../../base/errors.ts';

/** Sizes of the buffers that are kept for the next body; a body that is larger gets a buffer of its own. */
const SMALLEST_POOLED_BYTES = 4096;
const LARGEST_POOLED_BYTES = 4 * 1024 * 1024;
/** 16 MiB: eight pushers with bodies of 1-2 MiB find their buffers again. */
const POOLED_BYTES_LIMIT = 16 * 1024 * 1024;
const FIRST_CHUNKED_BYTES = 64 * 1024;
/** Most that a declared length alone gets, once a first byte is there: what is larger grows as it arrives. */
const FIRST_DECLARED_BYTES = 1024 * 1024;
/** A quarter of the budget is for buffers up to this size alone, so that a few large bodies cannot stop the small ones. */
const SMALL_BYTES = 1024 * 1024;
const SMALL_SHARE = 4;
/** A body with less than this twice in a row is ended: 1 KiB a second. Twice, since the first may be our own thread's delay. */
const SPEED_CHECK_MS = 5000;
const LEAST_BYTES_A_CHECK = 5 * 1024;

/** A body that is being read. */
interface Arriving {
  bytes: number;
  checkedBytes: number;
  slowChecks: number;
  readonly tooSlow: () => void;
}

/** A body in one piece. `release` gives the bytes back; call it once, when nobody reads them any more. */
export interface Body {
  readonly bytes: Buffer;
  release(): void;
}

/** How a body that is too large is refused. */
type TooLargeText = (sizeBytes: number, limitBytes: number) => string;

export interface ReadOptions {
  readonly limitBytes: number;
  readonly tooLarge: TooLargeText;
}

/**
 * Reads request bodies into reused buffers and bounds what all of them hold together: fresh buffers for every push cost
 * several times the copy itself, and without a bound a few slow clients could fill the memory.
 */
export class BodyReader {
  readonly #budgetBytes: number;
  #usedBytes = 0;
  #smallBytes = 0;
  #pooledBytes = 0;
  readonly #arriving = new Set<Arriving>();
  #speedTimer: NodeJS.Timeout | undefined;
  readonly #free = new Map<number, Buffer[]>();

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  /** Bytes held by bodies that are not released. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /**
   * Reads to the end of the request.
   *
   * @throws LogError PUSH_TOO_LARGE over `limitBytes`, MEMORY_PRESSURE over the budget, QUERY_CANCELLED when the client left or,
   *   with status 408, when it sends less than a kibibyte a second
   */
  async read(request: IncomingMessage, options: ReadOptions): Promise<Body> {
    const declared = request.headers['content-length'];
    const length = declared === undefined ? undefined : Number(declared);
    if (length !== undefined && length > options.limitBytes) throw tooLarge(length, options);
    const buffer = await this.#collect(request, Math.min(length ?? FIRST_CHUNKED_BYTES, FIRST_DECLARED_BYTES), options);
    return { bytes: buffer.whole.subarray(0, buffer.size), release: () => this.#give(buffer.whole) };
  }

  // By events: iterating would destroy the request on an error, and with it the socket that the answer has to go out on.
  // What is left of a refused body is read and thrown away by Node once the answer is out.
  #collect(
    request: IncomingMessage,
    firstBytes: number,
    options: ReadOptions,
  ): Promise<{ whole: Buffer; size: number }> {
    return new Promise((resolve, reject) => {
      let whole: Buffer = NOTHING;
      const stop = (): void => {
        request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
        this.#arriving.delete(arriving);
      };
      const fail = (error: unknown): void => {
        stop();
        this.#give(whole);
        reject(error);
      };
      const arriving: Arriving = {
        bytes: 0,
        checkedBytes: 0,
        slowChecks: 0,
        tooSlow: () => fail(new LogError('QUERY_CANCELLED', 'the request body arrives too slowly', { status: 408 })),
      };
      const onData = (chunk: Buffer): void => {
        const size = arriving.bytes;
        const end = size + chunk.length;
        try {
          if (end > options.limitBytes) throw tooLarge(end, options);
          if (size === 0) whole = this.#take(Math.max(firstBytes, end));
          else if (end > whole.length) whole = this.#grow(whole, size, end);
        } catch (error) {
          fail(error);
          return;
        }
        whole.set(chunk, size);
        arriving.bytes = end;
      };
      const onEnd = (): void => {
        stop();
        resolve({ whole, size: arriving.bytes });
      };
      const onGone = (cause?: unknown): void => {
        fail(new LogError('QUERY_CANCELLED', 'the client left before its request was complete', { cause }));
      };
      this.#watchSpeed(arriving);
      request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
    });
  }

  #watchSpeed(arriving: Arriving): void {
    this.#arriving.add(arriving);
    if (this.#speedTimer !== undefined) return;
    this.#speedTimer = setInterval(() => this.#checkSpeed(), SPEED_CHECK_MS);
    this.#speedTimer.unref();
  }

  #checkSpeed(): void {
    for (const one of this.#arriving) {
      one.slowChecks = one.bytes - one.checkedBytes < LEAST_BYTES_A_CHECK ? one.slowChecks + 1 : 0;
      one.checkedBytes = one.bytes;
      if (one.slowChecks === 2) one.tooSlow();
    }
    if (this.#arriving.size > 0) return;
    clearInterval(this.#speedTimer);
    this.#speedTimer = undefined;
  }

  #take(bytes: number): Buffer {
    const size = pooledSize(bytes);
    // The first body may be larger than the budget: the limit of one body is a setting of its own.
    const isSmall = size <= SMALL_BYTES;
    const hasShare = isSmall && (this.#smallBytes + size) * SMALL_SHARE <= this.#budgetBytes;
    if (this.#usedBytes > 0 && this.#usedBytes + size > this.#budgetBytes && !hasShare) {
      throw new LogError('MEMORY_PRESSURE', 'too many request bodies in flight, try again later', {
        details: { usedBytes: this.#usedBytes, budgetBytes: this.#budgetBytes },
      });
    }
    this.#usedBytes += size;
    if (isSmall) this.#smallBytes += size;
    const pooled = this.#free.get(size)?.pop();
    if (pooled === undefined) return Buffer.allocUnsafeSlow(size);
    this.#pooledBytes -= size;
    return pooled;
  }

  #grow(from: Buffer, size: number, needed: number): Buffer {
    const to = this.#take(Math.max(needed, from.length * 2));
    from.copy(to, 0, 0, size);
    this.#give(from);
    return to;
  }

  #give(buffer: Buffer): void {
    const size = buffer.length;
    if (size === 0) return;
    this.#usedBytes -= size;
    if (size <= SMALL_BYTES) this.#smallBytes -= size;
    if (size > LARGEST_POOLED_BYTES || this.#pooledBytes + size > POOLED_BYTES_LIMIT) return;
    const free = this.#free.get(size);
    if (free === undefined) this.#free.set(size, [buffer]);
    else free.push(buffer);
    this.#pooledBytes += size;
  }
}

/** Of a body of which nothing has come. */
const NOTHING = Buffer.alloc(0);

function tooLarge(sizeBytes: number, options: ReadOptions): LogError {
  return new LogError('PUSH_TOO_LARGE', options.tooLarge(sizeBytes, options.limitBytes), {
    details: { sizeBytes, limitBytes: options.limitBytes },
  });
}

// Powers of two up to the largest that is pooled, then the exact size.
function pooledSize(bytes: number): number {
  if (bytes > LARGEST_POOLED_BYTES) return bytes;
  let size = SMALLEST_POOLED_BYTES;
  while (size < bytes) size *= 2;
  return size;
}
