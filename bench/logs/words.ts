export const WORDS: readonly string[] = [
  'shoes',
  'lamp',
  'camera',
  'desk',
  'jacket',
  'phone',
  'coffee',
  'bicycle',
  'tent',
  'guitar',
  'monitor',
  'keyboard',
];

/** Services that the shop's apps call. */
export const DEPENDENCIES: readonly string[] = [
  'catalog',
  'pricing',
  'stock',
  'user-profile',
  'fraud',
  'tax',
  'geo',
  'session',
  'ads',
];
