/** Seconds as they are told: up to 1, 1.5, 2, 3, 5 or 7 times a power of ten. */
export function roundedUp(seconds: number): number {
  if (!(seconds > 0)) return 0;
  const power = Math.floor(Math.log10(seconds));
  // Read from decimals: 5 * 10 ** -6 is not 5e-6.
  return [1, 1.5, 2, 3, 5, 7, 10].map((step) => Number(`${step}e${power}`)).find((step) => step >= seconds)!;
}
