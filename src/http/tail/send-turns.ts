/** What tails send in one turn of the event loop: two frames, some tenths of a millisecond. */
const MAX_TURN_BYTES = 64 * 1024;

/**
 * Frames of all tails wait here for their turn. A batch makes some dozens of frames at once, which took 20 ms; between a few of them
 * the thread does what else there is to do, and that is to take pushes.
 */
export class SendTurns {
  #waiting: (() => number)[] = [];
  #isSet = false;

  /** @param send called once, in a later turn; returns how many bytes it sent */
  add(send: () => number): void {
    this.#waiting.push(send);
    this.#set();
  }

  #set(): void {
    if (this.#isSet) return;
    this.#isSet = true;
    setImmediate(() => this.#take());
  }

  #take(): void {
    this.#isSet = false;
    let bytes = 0;
    let taken = 0;
    // What is added meanwhile goes behind the others, to a turn of its own.
    const waiting = this.#waiting;
    this.#waiting = [];
    while (taken < waiting.length && bytes < MAX_TURN_BYTES) bytes += waiting[taken++]!();
    if (taken < waiting.length) this.#waiting = [...waiting.slice(taken), ...this.#waiting];
    if (this.#waiting.length > 0) this.#set();
  }
}
