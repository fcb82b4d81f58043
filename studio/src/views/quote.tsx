import { count, money } from "../model/format";
import { problemLine, type Quote } from "../state/actions";

function Problems({ problems, credits }: Quote) {
  const missing = credits?.missing ?? 0;
  return (
    <div class="notice" role="alert">
      <p>{count(problems.length, "thing stands", "things stand")} in the way. Nothing was spent.</p>
      <ul>
        {problems.map((each) => (
          <li key={`${each.shot} ${each.field} ${each.allowed}`}>{problemLine(each)}</li>
        ))}
      </ul>
      {missing > 0 && (
        <p>
          <strong>{money(missing)}</strong> more would do: put credits in, raise the budget, or generate fewer
          shots.
        </p>
      )}
    </div>
  );
}

/** What an order would be and cost, or what stands in its way; and what is worth knowing before it. */
export function QuoteText({ found }: { found: Quote }) {
  const counts = Object.entries(found.counts).filter(([, number]) => number > 0);
  return (
    <>
      {found.problems.length > 0 ? (
        <Problems {...found} />
      ) : (
        <p>
          {counts.map(([kind, number]) => count(number, kind)).join(", ")}, for{" "}
          <strong>{money(found.quote)}</strong>.
        </p>
      )}
      {found.recommendations.map((each) => (
        <p key={each.code} class="soft">
          {each.sentence}
        </p>
      ))}
    </>
  );
}
