/**
 * What a rejected query is answered with. The message is complete: callers send it as it is.
 */

export interface ParsePosition {
  readonly line: number;
  readonly column: number;
}

/**
 * A query that the grammar or a static check refuses.
 *
 * `message` reads `parse error at line L, col C: <reason>` with a position and `parse error : <reason>` without one.
 * Line 0 is a real value: Loki reports it for tokens that it joins by hand (two-character operators, ranges, durations,
 * byte sizes, flags), and clients compare whole texts.
 */
export class ParseError extends Error {
  readonly line: number | undefined;
  readonly column: number | undefined;
  /** The message without its prefix. */
  readonly reason: string;

  constructor(reason: string, position?: ParsePosition, options?: ErrorOptions) {
    super(
      position === undefined
        ? `parse error : ${reason}`
        : `parse error at line ${position.line}, col ${position.column}: ${reason}`,
      options,
    );
    this.name = 'ParseError';
    this.reason = reason;
    this.line = position?.line;
    this.column = position?.column;
  }
}

/** A query that parses but is of the wrong kind for its endpoint; its message has no `parse error` prefix. */
export class QueryKindError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'QueryKindError';
  }
}
