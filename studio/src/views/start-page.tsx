import { projects } from "../state/studio";
import { go } from "../state/ui";

/** What a person sees who has not opened a project. */
export function StartPage() {
  const newest = projects.value?.[0];
  return (
    <section class="welcome" aria-labelledby="welcome">
      <h1 id="welcome">{newest ? "Choose a film" : "Your first film"}</h1>
      <p class="soft">
        Rushes turns a script into images, clips and a film, and shows it here while it happens. Nothing is
        ordered before you have seen what it costs.
      </p>
      <div class="row">
        <button type="button" class="button primary" onClick={() => go({ page: "new", project: null })}>
          Start from a script
        </button>
        {newest && (
          <button
            type="button"
            class="button"
            onClick={() => go({ project: newest.receipt, page: "project" })}
          >
            Open “{newest.title}”
          </button>
        )}
      </div>
    </section>
  );
}
