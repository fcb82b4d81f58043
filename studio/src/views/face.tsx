import type { Face } from "../model/status";

/** A state as a badge: sign and word, never colour alone. */
export function Badge({
  face,
  word = face.word,
  pulse = false,
}: {
  face: Face;
  word?: string;
  pulse?: boolean;
}) {
  return (
    <span class={`badge tone-${face.tone}${pulse ? " pulse" : ""}`}>
      <span aria-hidden="true">{face.sign}</span>
      {word}
    </span>
  );
}

/** Made from something else than the script says by now; still in use. */
export function Stale() {
  return (
    <span class="badge tone-wait">
      <span aria-hidden="true">↻</span> stale
    </span>
  );
}
