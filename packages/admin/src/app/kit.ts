/**
 * Loads a part that is made of the kit's components, with the kit's styles. The first page has none of them: it is plain elements with
 * the kit's variables (main.tsx).
 */
export const withKit =
  <T>(load: () => Promise<T>): (() => Promise<T>) =>
  async () => {
    const [part] = await Promise.all([load(), import("./kit-styles.ts")])
    return part
  }
