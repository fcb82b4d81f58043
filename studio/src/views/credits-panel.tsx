import { available, missing, type Statement, type Waits, waitLine } from "../model/credits";
import { money } from "../model/format";
import { statement, waits } from "../state/credits";
import { BudgetForm, GrantForm } from "./credits-forms";
import { Costs, Ledger } from "./receipts";

/** What waits for credits, and what has to happen before it goes on. */
function Waiting({ found, waiting }: { found: Statement; waiting: Waits }) {
  const { credits, budget } = missing(waiting, found);
  const steps = [
    credits > 0 && `add ${money(credits)} of credits`,
    budget !== null && `raise the budget to ${money(budget)}`,
  ].filter(Boolean);
  return (
    <div class="notice" role="status">
      <p>{waitLine(waiting, found)}</p>
      {steps.length > 0 && (
        <p>
          To go on with everything, {steps.join(" and ")}. What waits goes on by itself, the cheapest first.
        </p>
      )}
    </div>
  );
}

const SHARES = [
  { name: "spent", tone: "good" },
  { name: "held", tone: "work" },
  { name: "balance", tone: "wait" },
] as const;

function Figures({ found }: { found: Statement }) {
  const { held, spent, owed, budget } = found;
  return (
    <>
      {/* The figures below say the same in words. */}
      <span class="meter" aria-hidden="true">
        {SHARES.map(({ name, tone }) => (
          <span key={name} class={`tone-${tone}`} style={{ flex: `${found[name]} 1 0` }} />
        ))}
      </span>
      <dl class="facts figures">
        <dt>Available</dt>
        <dd>
          <strong>{money(available(found))}</strong>
        </dd>
        <dt>Held for what is on its way</dt>
        <dd>{money(held)}</dd>
        <dt>Spent</dt>
        <dd>{money(spent)}</dd>
        {owed > 0 && (
          <>
            <dt>Owed, paid by the next credits</dt>
            <dd>{money(owed)}</dd>
          </>
        )}
        <dt>Budget</dt>
        <dd>{budget === null ? "no limit" : `${money(budget)}, ${money(spent + held)} of it used`}</dd>
      </dl>
    </>
  );
}

/** The project's account: how it stands, how it gets more, and what became of every dollar. */
export function CreditsPanel() {
  const found = statement.value;
  if (!found) return <p class="empty">Looking…</p>;
  const waiting = waits.value;
  return (
    <section class="stack" aria-label="Credits">
      <h2>Credits of this film</h2>
      {waiting && <Waiting found={found} waiting={waiting} />}
      <Figures found={found} />
      <details class="card" key={`forms of ${found.project_id}`} open={waiting !== null}>
        <summary>Add credits or set a budget</summary>
        <GrantForm />
        <BudgetForm budget={found.budget} />
      </details>
      <Costs key={`costs of ${found.project_id}`} />
      <Ledger key={`ledger of ${found.project_id}`} found={found} />
    </section>
  );
}
