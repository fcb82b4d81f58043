/** Numbers as a film maker reads them. */

/** `0:07`, `12:40`, `1:02:03`; seconds are cut off, as on any player. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = String(rest).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

/** A length in words: `7 s`, `2 min`, `1 h 5 min`. */
export function span(seconds: number): string {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The length of a shot as its script has it. */
export function seconds(length: number | null): string {
  return length === null ? "as the model likes" : `${length} s`;
}

/** An estimate, marked as one; nothing where nothing is known: a wrong promise is worse than none. */
export function eta(seconds: number | null | undefined): string {
  return seconds === null || seconds === undefined ? "" : `≈ ${span(Math.max(1, seconds))} left`;
}

/** USD as the API sends it (a decimal string): cents, and as many more digits as small prices need. */
export function money(usd: string | number | null | undefined): string {
  if (usd === null || usd === undefined) return "–";
  const value = Number(usd);
  if (value === 0) return "$0.00";
  return value < 0.01 ? `$${value.toFixed(4)}` : `$${value.toFixed(2)}`;
}

/** `1 shot`, `3 shots`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** Seconds between two moments as the API writes them; `null` while one is missing. */
export function secondsBetween(
  from: string | null | undefined,
  to: string | null | undefined,
): number | null {
  return from && to ? (Date.parse(to) - Date.parse(from)) / 1000 : null;
}
