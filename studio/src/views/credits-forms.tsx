import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { newKey } from "../api/http";
import { money } from "../model/format";
import { busy, tryTo } from "../state/actions";
import { grant, setBudget } from "../state/credits";
import { toast } from "../state/ui";

function AmountForm(props: {
  name: string;
  label: string;
  submit: string;
  amount: string;
  optional?: boolean;
  onInput: (typed: string) => void;
  send: () => Promise<void>;
  children?: ComponentChildren;
}) {
  const [failure, setFailure] = useState<string | null>(null);
  const { name } = props;
  return (
    <form
      class="stack"
      aria-label={props.submit}
      onSubmit={(event) => {
        event.preventDefault();
        void tryTo(name, props.send).then(setFailure);
      }}
    >
      <label class="field">
        <span>{props.label}</span>
        <input
          type="number"
          inputMode="decimal"
          min="0"
          step="any"
          required={!props.optional}
          value={props.amount}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
      </label>
      {props.children}
      {failure && (
        <p class="notice prose" role="alert">
          {failure}
        </p>
      )}
      <div class="row start">
        <button type="submit" class="button small" disabled={busy.value.has(name)}>
          {props.submit}
        </button>
      </div>
    </form>
  );
}

/** Put credits in. Sent again after a lost answer, it is the same grant, and booked once. */
export function GrantForm() {
  const [typed, setTyped] = useState({ amount: "", note: "" });
  const key = useRef<string | null>(null);
  const type = (change: Partial<typeof typed>) => {
    key.current = null;
    setTyped({ ...typed, ...change });
  };
  async function send(): Promise<void> {
    key.current ??= newKey();
    const amount = Number(typed.amount);
    await grant(amount, typed.note.trim() || null, key.current);
    toast(`${money(amount)} of credits added.`, "good");
    type({ amount: "", note: "" });
  }
  return (
    <AmountForm
      name="grant"
      label="Amount in dollars"
      submit="Add credits"
      amount={typed.amount}
      onInput={(amount) => type({ amount })}
      send={send}
    >
      <label class="field">
        <span>What for (may be empty)</span>
        <input
          type="text"
          maxLength={200}
          value={typed.note}
          onInput={(event) => type({ note: event.currentTarget.value })}
        />
      </label>
    </AmountForm>
  );
}

/** Limit what the film may cost, or lift the limit. What is typed stays, whatever limit others set meanwhile. */
export function BudgetForm({ budget }: { budget: number | null }) {
  const [typed, setTyped] = useState<string | null>(null);
  const amount = typed ?? String(budget ?? "");
  async function send(): Promise<void> {
    const limit = amount.trim() === "" ? null : Number(amount);
    await setBudget(limit);
    setTyped(null);
    toast(limit === null ? "The budget has no limit now." : `The budget is ${money(limit)} now.`, "good");
  }
  return (
    <AmountForm
      name="budget"
      label="Budget in dollars (empty: no limit)"
      submit="Set the budget"
      amount={amount}
      optional
      onInput={setTyped}
      send={send}
    />
  );
}
