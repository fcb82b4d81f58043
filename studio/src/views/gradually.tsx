import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";

const AT_ONCE = 30;
const MORE = 100;

/** Draw the first of a long list with the page, and the rest after it: nobody sees those yet. */
export function Gradually<T>({
  of: items,
  each,
}: {
  of: readonly T[];
  each: (item: T) => ComponentChildren;
}) {
  const [shown, setShown] = useState(AT_ONCE);
  const isWhole = shown >= items.length;
  useEffect(() => {
    if (isWhole) return undefined;
    // After what is there was painted.
    const timer = setTimeout(() => setShown(shown + MORE));
    return () => clearTimeout(timer);
  }, [shown, isWhole]);
  return <>{items.slice(0, shown).map(each)}</>;
}
