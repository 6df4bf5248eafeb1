/** Why lines were refused; the values of the `reason` label in metrics, named as Loki names them. */
export type DiscardReason =
  | 'missing_labels'
  | 'invalid_labels'
  | 'max_label_names_per_series'
  | 'label_name_too_long'
  | 'label_value_too_long'
  | 'duplicate_label_names'
  | 'missing_enforced_labels'
  | 'greater_than_max_sample_age'
  | 'too_far_in_future'
  | 'line_too_long'
  | 'disallowed_structured_metadata'
  | 'structured_metadata_too_large'
  | 'structured_metadata_too_many'
  | 'rate_limited'
  | 'blocked_ingestion'
  | 'stream_limit'
  | 'per_stream_rate_limit'
  | 'too_far_behind';

export interface DiscardCount {
  entries: number;
  bytes: number;
}

/** Refused lines and bytes by reason. */
export class Discards {
  readonly byReason: Map<DiscardReason, DiscardCount> = new Map();

  add(reason: DiscardReason, entries: number, bytes: number): void {
    const count = this.byReason.get(reason);
    if (count === undefined) this.byReason.set(reason, { entries, bytes });
    else {
      count.entries += entries;
      count.bytes += bytes;
    }
  }
}
