import icon from "../icon.svg";
import { eta } from "../model/format";
import { isMaking, percentOf, stepLabel } from "../model/shots";
import { place, remaining } from "../state/remaining";
import { connection, film, shots } from "../state/studio";
import { go, listShown, shortcutsShown, theme, toast } from "../state/ui";
import { BulkToolbar } from "./bulk";
import { Icon } from "./icons";

/** Copy a receipt; a browser that cannot, as on an address without TLS, still shows it. */
async function copy(code: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(code);
    toast(`Copied ${code}`);
  } catch {
    toast(`The browser does not allow copying. The receipt is ${code}.`);
  }
}

function Receipt({ code }: { code: string }) {
  return (
    <button type="button" class="receipt" title="Copy the receipt" onClick={() => void copy(code)}>
      {code}
    </button>
  );
}

/** How far the film is: a word, a bar, and an estimate where one can be given. */
function Step() {
  const open = film.value;
  if (!open) return null;
  const views = shots.value;
  const percent = percentOf(views);
  const facts = [
    `${percent}% of the film`,
    place.value !== null && `place ${place.value} in line`,
    isMaking(views) && eta(remaining.value),
  ].filter(Boolean);
  return (
    <div class="step">
      <p>
        <span role="status">{stepLabel(open, views)}</span>
        <span class="soft">{facts.join(" · ")}</span>
      </p>
      <span
        class="meter"
        role="progressbar"
        aria-label="The film"
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <span
          class={open.status === "complete" ? "tone-good" : "tone-work"}
          style={{ width: `${percent}%` }}
        />
      </span>
    </div>
  );
}

const THEMES = { auto: "dark", dark: "light", light: "auto" } as const;

/** Name, receipt, step, and what can be done with the whole film. */
export function TopBar() {
  const open = film.value;
  return (
    <header class="top">
      <button
        type="button"
        class="button quiet list-toggle"
        aria-label="Projects"
        aria-expanded={listShown.value}
        onClick={() => {
          listShown.value = !listShown.value;
        }}
      >
        <Icon name="menu" />
      </button>
      <a
        class="brand"
        href="./"
        onClick={(event) => {
          event.preventDefault();
          go({ project: null, page: "project" });
        }}
      >
        <img src={icon} alt="" /> Rushes
      </a>
      {open && (
        <div class="title">
          <h1>{open.title}</h1>
          <Receipt code={open.receipt} />
        </div>
      )}
      <Step />
      <div class="toolbar">
        <BulkToolbar />
        {open && (
          <span class="soft" title="Live: changes show as they happen">
            {connection.value === "live" ? "● live" : "○ not live"}
          </span>
        )}
        <button
          type="button"
          class="button quiet small"
          onClick={() => {
            theme.value = THEMES[theme.value];
          }}
        >
          {theme.value === "auto" ? "Auto" : theme.value === "dark" ? "Dark" : "Light"}
          <span class="visually-hidden"> theme, change</span>
        </button>
        <button
          type="button"
          class="button quiet small"
          aria-label="Keyboard shortcuts"
          onClick={() => {
            shortcutsShown.value = true;
          }}
        >
          ?
        </button>
      </div>
    </header>
  );
}
