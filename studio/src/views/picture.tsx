import { useState } from "preact/hooks";

/** A picture that may be gone or lie where the page may not look: then what stands in for it is shown. */
export function Picture({
  url,
  alt,
  instead,
}: {
  url: string | null;
  alt: string;
  instead: string | number;
}) {
  const [broken, setBroken] = useState<string | null>(null);
  if (url === null || broken === url) return <>{instead}</>;
  return <img src={url} alt={alt} loading="lazy" width="120" height="68" onError={() => setBroken(url)} />;
}
