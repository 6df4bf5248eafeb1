/** A seeded source of numbers (mulberry32): the same seed gives the same logs on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed * 0x9e3779b9) >>> 0;
  }

  uint32(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** At least 0, below 1. */
  fraction(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** A whole number of at least 0, below `limit`. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** Exponentially distributed, as the times between independent events are. */
  exponential(mean: number): number {
    return -Math.log(1 - this.fraction()) * mean;
  }

  /** Eight hexadecimal digits. */
  hex8(): string {
    return (this.uint32() + 0x1_0000_0000).toString(16).slice(1);
  }

  hex32(): string {
    return this.hex8() + this.hex8() + this.hex8() + this.hex8();
  }

  uuid(): string {
    const digits = this.hex32();
    return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20)}`;
  }

  base36(count: number): string {
    let text = '';
    while (text.length < count) text += '0123456789abcdefghijklmnopqrstuvwxyz'[this.below(36)];
    return text;
  }

  ipAddress(): string {
    const bits = this.uint32();
    return `10.${bits & 63}.${(bits >>> 8) & 255}.${(bits >>> 16) & 255}`;
  }
}
