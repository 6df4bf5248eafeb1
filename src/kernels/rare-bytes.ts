/** Bytes of log lines, the most frequent first; what is not listed is rare. */
const BY_FREQUENCY =
  ' e0t1ano2ri3s45"dc698l7:,=p/m-u.hgfb_vyTw{}kx()+[]%ZIqPEDRSGzAOMCNjUFLB;@HVW\'K&?<>#\\|*Y\t$X!~QJ^`\n';

const frequency = new Uint8Array(256);
for (let i = 0; i < BY_FREQUENCY.length; i++) frequency[BY_FREQUENCY.charCodeAt(i)] = BY_FREQUENCY.length - i;

/** How common a byte is; a letter that stands for both cases is as common as the more common one. */
function commonness(byte: number, ignoreCase: boolean): number {
  const isLower = byte >= 0x61 && byte <= 0x7a;
  return ignoreCase && isLower ? Math.max(frequency[byte]!, frequency[byte - 0x20]!) : frequency[byte]!;
}

/** Places of the two rarest bytes of a text that is not empty; the same place twice when it has one byte. */
export function rarestPlaces(bytes: Uint8Array, ignoreCase: boolean): readonly [number, number] {
  let first = 0;
  let second = Math.min(1, bytes.length - 1);
  if (commonness(bytes[second]!, ignoreCase) < commonness(bytes[first]!, ignoreCase)) [first, second] = [second, first];
  for (let i = 2; i < bytes.length; i++) {
    const common = commonness(bytes[i]!, ignoreCase);
    if (common < commonness(bytes[first]!, ignoreCase)) [first, second] = [i, first];
    else if (common < commonness(bytes[second]!, ignoreCase)) second = i;
  }
  return [first, second];
}
