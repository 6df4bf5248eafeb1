/** What the line makers count while they write, so that answers can be judged. */
export interface KnownCounts {
  /** Answers of api-gateway with a status of 500 or more. */
  gateway5xx: number;
  /** Lines of kubelet with a duration above one second. */
  kubeletAbove1s: number;
  /** Lines with `OutOfMemoryError`. */
  outOfMemory: number;
  /** Time-outs of the upstreams fraud and tax in the namespaces ingress and shop. */
  fraudOrTaxTimeouts: number;
  /** Lines with `error`, in small letters, of cluster prod. */
  prodErrors: number;
}

export function noKnownCounts(): KnownCounts {
  return { gateway5xx: 0, kubeletAbove1s: 0, outOfMemory: 0, fraudOrTaxTimeouts: 0, prodErrors: 0 };
}
