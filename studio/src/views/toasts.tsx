import { dismiss, toasts } from "../state/ui";

/** News in the corner, read out as it comes. */
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((each) => (
        <div key={each.id} class={`toast ${each.tone}`}>
          <p class="prose">{each.text}</p>
          {each.action && (
            <button
              type="button"
              class="button small"
              onClick={() => {
                each.action?.run();
                dismiss(each.id);
              }}
            >
              {each.action.label}
            </button>
          )}
          <button
            type="button"
            class="button quiet small"
            aria-label="Dismiss"
            onClick={() => dismiss(each.id)}
          >
            ✕
          </button>
        </div>
      ))}
    </div>
  );
}
