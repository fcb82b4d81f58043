/** Files that a person chose on their machine. */

/** More bytes than the longest script can have. */
const MOST_BYTES = 2_000_000;

/** Give the text of a script's file; says in words a film maker knows why there is none. */
export async function scriptOf(file: Pick<File, "name" | "size" | "arrayBuffer">): Promise<string> {
  if (file.size > MOST_BYTES) throw new Error(`${file.name} is too large for a script: at most 2 MB.`);
  const bytes = await file.arrayBuffer().catch(() => {
    throw new Error(`${file.name} cannot be read. Is it still where it was?`);
  });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error(`${file.name} is not plain text (UTF-8). Export the script as text or as Fountain.`);
  }
}
