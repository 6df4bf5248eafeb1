import { PAGE_FIELDS } from '../../src/head/page.ts';
import type { HeadPart } from '../../src/head/part.ts';

/** Pages of a part as numbers, as they are now. */
export function pagesOf(part: HeadPart): Float64Array {
  const pages = new Float64Array(part.pageCount * PAGE_FIELDS);
  part.describeInto(pages, 0);
  return pages;
}
