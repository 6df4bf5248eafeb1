/** Something in the data folder that cannot be read. The server goes on without it; somebody has to hear of it. */
export interface StoreDamage {
  /** File or folder. */
  readonly file: string;
  readonly reason: string;
  /** Where the bytes are now; undefined when they were left where they are, or `cause` says why they could not be copied. */
  readonly quarantinedAs: string | undefined;
  readonly cause?: unknown;
}
