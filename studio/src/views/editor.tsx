import { useId, useState } from "preact/hooks";
import { busy, tryTo } from "../state/actions";
import { type Draft, drafts, dropDraft, keepDraft } from "../state/drafts";

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly kind: "line" | "text" | "seconds";
}

type Change = Readonly<Record<string, string | number | null>>;

function draftOf(fields: readonly Field[], values: object): Draft {
  const texts = values as Readonly<Record<string, unknown>>;
  return Object.fromEntries(fields.map(({ name }) => [name, String(texts[name] ?? "")]));
}

function typedValue({ kind }: Field, typed: string): string | number | null {
  const text = typed.trim();
  if (text === "") return null;
  return kind === "seconds" ? Number(text) : text;
}

function Input({ field, value, onInput }: { field: Field; value: string; onInput: (typed: string) => void }) {
  const id = useId();
  const shared = {
    id,
    name: field.name,
    value,
    onInput: (event: { currentTarget: { value: string } }) => onInput(event.currentTarget.value),
  };
  return (
    <label class="field" for={id}>
      <span>{field.label}</span>
      {field.kind === "text" ? (
        <textarea {...shared} />
      ) : field.kind === "seconds" ? (
        <input {...shared} type="number" min="0" step="any" inputMode="decimal" />
      ) : (
        <input {...shared} type="text" required />
      )}
    </label>
  );
}

/** Edit something in place. What was typed stays until it is saved or dropped, whatever the API says. */
export function Editor({
  id,
  fields,
  values,
  note,
  save,
}: {
  id: string;
  fields: readonly Field[];
  values: object;
  /** What a change means for what was made already. */
  note?: string | null;
  save: (change: Change) => Promise<void>;
}) {
  const [failure, setFailure] = useState<string | null>(null);
  const before = draftOf(fields, values);
  const draft = { ...before, ...drafts.value[id] };
  const changed = fields.filter(({ name }) => draft[name] !== before[name]);
  const working = busy.value.has(`save ${id}`);
  async function submit(): Promise<void> {
    if (changed.length === 0 || working) return;
    const change = Object.fromEntries(
      changed.map((field) => [field.name, typedValue(field, draft[field.name] ?? "")]),
    );
    setFailure(
      await tryTo(`save ${id}`, async () => {
        await save(change);
        dropDraft(id);
      }),
    );
  }
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
      onKeyDown={(event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && void submit()}
    >
      {fields.map((field) => (
        <Input
          key={field.name}
          field={field}
          value={draft[field.name] ?? ""}
          onInput={(typed) => keepDraft(id, { ...draft, [field.name]: typed })}
        />
      ))}
      {note && changed.length > 0 && <p class="soft">{note}</p>}
      {failure && (
        <p class="notice prose" role="alert">
          Not saved; what you typed is still here. {failure}
        </p>
      )}
      <div class="row start">
        <button type="submit" class="button primary small" disabled={changed.length === 0 || working}>
          {working ? "Saving…" : "Save"}
        </button>
        <button type="button" class="button small" onClick={() => dropDraft(id)}>
          {changed.length === 0 ? "Close" : "Drop changes"}
        </button>
      </div>
    </form>
  );
}
