import { dayStartNs } from '../../model/time.ts';

/** A range of time (both ends included), as offsets within days. */
export class DayBounds {
  readonly #fromNs: bigint;
  readonly #toNs: bigint;
  #day = Number.NaN;
  /** Bounds in nanoseconds from the start of the day that was asked for; they may lie outside the day. */
  from = 0;
  to = 0;

  constructor(fromNs: bigint, toNs: bigint) {
    this.#fromNs = fromNs;
    this.#toNs = toNs;
  }

  /** Sets `from` and `to` for a day. */
  at(day: number): void {
    if (day === this.#day) return;
    this.#day = day;
    const startNs = dayStartNs(day);
    this.from = Number(this.#fromNs - startNs);
    this.to = Number(this.#toNs - startNs);
  }
}
