/** A wait that can be cut short: between attempts at something, by whoever does not want to wait for the next one. */
export class Pause {
  #end: () => void = () => undefined;

  /** Resolves after `ms`, or at `end`. Keeps no process alive. */
  async wait(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#end = resolve;
    const timer = setTimeout(resolve, ms).unref();
    await promise;
    clearTimeout(timer);
  }

  /** Ends the wait that goes on, if there is one. */
  end(): void {
    this.#end();
  }
}
