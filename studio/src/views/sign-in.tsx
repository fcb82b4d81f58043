import { useState } from "preact/hooks";
import { api } from "../api/http";
import { act, busy } from "../state/actions";

/** Exchange a key for a session; the key itself is kept nowhere in the page. */
export function SignIn() {
  const [key, setKey] = useState("");
  return (
    <section class="welcome" aria-labelledby="sign-in">
      <h1 id="sign-in">A key is needed</h1>
      <p class="soft">
        This studio is for people with a key. Whoever runs it makes one with{" "}
        <span class="mono">rushes keys create</span>.
      </p>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void act("sign in", async () => {
            await api.POST("/api/v1/session", { body: { key: key.trim() } });
            location.reload();
          });
        }}
      >
        <label class="field">
          <span>Key</span>
          <input
            type="password"
            autocomplete="off"
            required
            value={key}
            placeholder="rsh_…"
            onInput={(event) => setKey(event.currentTarget.value)}
          />
        </label>
        <div class="row">
          <button type="submit" class="button primary" disabled={!key.trim() || busy.value.has("sign in")}>
            Sign in
          </button>
        </div>
      </form>
    </section>
  );
}
