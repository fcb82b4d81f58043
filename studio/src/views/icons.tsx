const PATHS = {
  play: "M7 4.5v15l12-7.5z",
  pause: "M6.5 5h4v14h-4zm7 0h4v14h-4z",
  previous: "M6 5h2.6v14H6zm3.6 7L19 5v14z",
  next: "M15.4 5H18v14h-2.6zM5 5l9.4 7L5 19z",
  loud: "M4 9.5v5h3.5L12 19V5L7.500 9.5zm10.500-1.8a5 5 0 0 1 0 8.600v-2a3.200 3.200 0 0 0 0-4.600zm0-3.500a8 8 0 0 1 0 15.600v-1.900a6.200 6.200 0 0 0 0-11.800z",
  mute: "M4 9.5v5h3.500L12 19V5L7.500 9.500zm11 .3 1.300-1.300 2 2 2-2 1.300 1.300-2 2.200 2 2.200-1.300 1.300-2-2-2 2-1.300-1.300 2-2.200z",
  full: "M4 4h6v2H6v4H4zm10 0h6v6h-2V6h-4zM4 14h2v4h4v2H4zm14 0h2v6h-6v-2h4z",
  menu: "M4 6h16v2H4zm0 5h16v2H4zm0 5h16v2H4z",
} as const;

export type IconName = keyof typeof PATHS;

/** A picture of a button; the button itself says what it does. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
