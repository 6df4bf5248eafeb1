// Distinct messages kept for the answer: each names a time or a size, so a bad request could have one per line.
const MAX_MESSAGES = 500;

/** Collects the messages of refused entries and says them in one line. */
export class ValidationErrors {
  readonly #counts = new Map<string, number>();
  #more = 0;

  add(message: string): void {
    const count = this.#counts.get(message);
    if (count !== undefined) this.#counts.set(message, count + 1);
    else if (this.#counts.size < MAX_MESSAGES) this.#counts.set(message, 1);
    else this.#more++;
  }

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  /** One message that occurred once as it is; else `2 errors like: ...; 1 errors like: ...`. */
  text(): string {
    const [first] = this.#counts;
    if (first !== undefined && this.#counts.size === 1 && first[1] === 1) return first[0];
    const parts = [...this.#counts].map(([message, count]) => `${count} errors like: ${message}`);
    if (this.#more > 0) parts.push(`${this.#more} more errors`);
    return parts.join('; ');
  }
}
